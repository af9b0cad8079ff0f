import { isTrustworthy } from "@leo/core/preview/conditions.ts";
import { NO_DEVICES, previewHeaders } from "@leo/core/preview/serving.ts";
import type { Config } from "../config.ts";
import { transportSecurity } from "./security-headers.ts";
import { hasOwnOrigin } from "../site/address.ts";

/**
 * The headers of every response of a site. On its own host it's a normal web site, with storage, service workers
 * and whatever it asks its visitor for; other sites on the domain can neither frame it nor read it. Under a path of
 * Leo's host its origin is opaque, like a preview's there.
 */
export const siteHeaders = (
  config: Pick<Config, "LEO_PUBLIC_URL" | "LEO_PREVIEW_URL_TEMPLATE">,
): Record<string, string> => {
  const publicUrl = new URL(config.LEO_PUBLIC_URL);
  if (!hasOwnOrigin(config))
    return { ...previewHeaders({ ownOrigin: false }, "'none'"), ...transportSecurity(publicUrl) };
  return {
    "content-security-policy": "object-src 'none'; frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": NO_DEVICES,
    "cross-origin-resource-policy": "same-origin",
    "origin-agent-cluster": "?1",
    ...(isTrustworthy(new URL(config.LEO_PREVIEW_URL_TEMPLATE.replace(/\{\w+\}/, "site")))
      ? { "cross-origin-opener-policy": "same-origin-allow-popups" }
      : {}),
    ...transportSecurity(publicUrl),
  };
};
