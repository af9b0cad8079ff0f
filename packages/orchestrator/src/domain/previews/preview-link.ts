/**
 * Who may see a preview: whoever has a link to it. A link carries a token of one of two kinds.
 *
 * - The owner's, `leo_pv_…`: made of the app's preview key and the version, so that it stays the same
 *   until the owner revokes it, which gives the app another key. It opens that version.
 * - A share's, `leo_sh_…`: random, stored as a hash. It opens one version, or every version of the
 *   app (`domain/share.ts`), until it is revoked.
 *
 * On a host of its own the token comes as a query parameter and then as a cookie of that host. Under
 * a path, where the page's origin is opaque and has no cookies, it is part of the path.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Id } from "@leo/core/id.ts";
import { previewPlace, previewUrl } from "./preview-url.ts";

/** The query parameter that carries the token. */
export const LINK_PARAMETER = "leo-link";

const TOKEN = /^leo_(?:pv|sh)_[A-Za-z0-9_-]{43}$/;
export const isLinkToken = (text: string) => TOKEN.test(text);

/** The owner's token for a version. */
export const ownerToken = (previewKey: string, generationId: Id) =>
  `leo_pv_${createHmac("sha256", previewKey).update(generationId).digest("base64url")}`;

export const newShareToken = () => `leo_sh_${randomBytes(32).toString("base64url")}`;
export const hashShareToken = (token: string) => createHash("sha256").update(token).digest("hex");

/** Compares in a time that tells nothing of where they differ. */
export const isSameToken = (one: string, other: string) =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/** The address of a version's preview with the token that opens it. */
export const previewLink = (template: string, generationId: Id, token: string): string => {
  const url = new URL(previewUrl(template, generationId));
  if (previewPlace(template).kind === "path") return `${url.href}${token}/`;
  url.searchParams.set(LINK_PARAMETER, token);
  return url.href;
};
