/**
 * Who may see a preview: whoever has a link to it. A link carries a token of one of two kinds.
 *
 * - The owner's, `leo_pv_…`: made of the app's preview key and the version, so that it stays the same
 *   until the owner revokes it, which gives the app another key. It opens that version.
 * - A share's, `leo_sh_…`: random, stored as a hash. It opens one version, or every version of the
 *   app (`domain/share.ts`), until it is revoked.
 *
 * The app's code must not see it, so it stays in no address of the app's. On a host of its own the token comes as
 * a query parameter, and a redirect puts it into a cookie of that host. Under a path, where the page's origin is
 * opaque and has no cookies, a redirect puts a *pass* into the path: it opens this one version, ends with the link
 * that it comes from, and after some days by itself.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Id } from "@leo/core/id.ts";
import { previewPlace, previewUrl } from "./url.ts";

/** The query parameter that carries the token. */
export const LINK_PARAMETER = "leo-link";

const TOKEN = /^leo_(?:pv|sh)_[A-Za-z0-9_-]{43}$/;
export const isLinkToken = (text: string) => TOKEN.test(text);

/** `leo_pp_{when it ends, in ms, to the base 36}_{id of the share, or own}_{MAC}` */
const PASS = /^leo_pp_([0-9a-z]{1,9})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|own)_([A-Za-z0-9_-]{43})$/;

/** What a pass says of itself; whether that is so shows its MAC. */
export interface Pass {
  expiresAtMs: number;
  /** The share whose link was opened; the owner's own link otherwise. */
  shareId?: string;
}

/** @returns undefined for what has not the form of a pass */
export const parsePass = (text: string): Pass | undefined => {
  const [, expiresAt = "", from] = PASS.exec(text) ?? [];
  if (!from) return undefined;
  return { expiresAtMs: Number.parseInt(expiresAt, 36), ...(from === "own" ? {} : { shareId: from }) };
};

/** @param key the app's preview key, or the hash of the share's token: secrets that end with the link */
export const newPass = (key: string, generationId: Id, { expiresAtMs, shareId }: Pass): string => {
  const body = `leo_pp_${expiresAtMs.toString(36)}_${shareId ?? "own"}`;
  return `${body}_${createHmac("sha256", key).update(`${body} ${generationId}`).digest("base64url")}`;
};

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
