import { Id } from "@leo/core/id.ts";
import { isTrustworthy, type PreviewConditions } from "@leo/core/preview/conditions.ts";
import type { Config } from "../config.ts";

const PLACEHOLDER = "{generationId}";
const URL_ID = "00000000-0000-7000-8000-000000000000";

/** Where previews live, read from the template: hosts of their own, or a path on Leo's host. */
export type PreviewPlace =
  | { kind: "host"; suffix: string; /** CSP source that matches every preview. */ source: string }
  | { kind: "path"; prefix: string; source: string };

export const previewUrl = (template: string, generationId: Id) => template.replace(PLACEHOLDER, generationId);

/**
 * @param template an http(s) URL with `{generationId}` as the first label of the host, or as a segment of the path
 * @throws Error when it is neither
 */
export const previewPlace = (template: string): PreviewPlace => {
  const url = new URL(previewUrl(template, URL_ID));
  const port = url.port && `:${url.port}`;
  if (url.hostname.startsWith(`${URL_ID}.`)) {
    const suffix = url.hostname.slice(URL_ID.length);
    return { kind: "host", suffix, source: `${url.protocol}//*${suffix}${port}` };
  }
  const [prefix, rest] = url.pathname.split(URL_ID);
  if (prefix === undefined || rest !== "/" || prefix === "/") {
    throw new Error(
      `The preview URL template ${template} must start with {generationId}. or end with a path such as /preview/{generationId}/`,
    );
  }
  return { kind: "path", prefix, source: url.origin };
};

/** What browsers grant a previewed app, which people see in a frame of Leo's page: that page counts as well. */
export const previewConditions = ({
  LEO_PREVIEW_URL_TEMPLATE: template,
  LEO_PUBLIC_URL: publicUrl,
}: Pick<Config, "LEO_PREVIEW_URL_TEMPLATE" | "LEO_PUBLIC_URL">): PreviewConditions => ({
  ownOrigin: previewPlace(template).kind === "host",
  secureContext: [previewUrl(template, URL_ID), publicUrl].every((url) => isTrustworthy(new URL(url))),
});

/**
 * Whose preview a host is.
 * @returns undefined for a host that is no preview; null for a preview host without a valid id
 */
export const previewHostId = (place: PreviewPlace, hostname: string): Id | null | undefined => {
  if (place.kind !== "host") return undefined;
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (!host.endsWith(place.suffix)) return undefined;
  const id = Id.safeParse(host.slice(0, -place.suffix.length));
  return id.success ? id.data : null;
};
