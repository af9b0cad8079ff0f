import { isTrustworthy } from "@leo/core/preview/conditions.ts";
import { NO_DEVICES } from "@leo/core/preview/serving.ts";
import type { Config } from "../config.ts";
import { previewPlace } from "../preview/url.ts";

type Headers = Record<string, string>;

const HSTS_SECONDS = 365 * 24 * 3600;

/** Only for HTTPS; on plain HTTP browsers ignore it. */
export const transportSecurity = (publicUrl: URL): Headers =>
  publicUrl.protocol === "https:" ? { "strict-transport-security": `max-age=${HSTS_SECONDS}` } : {};

/** Every response on Leo's own origin, including errors. */
const common = (publicUrl: URL): Headers => ({
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Elsewhere browsers ignore it, and log an error.
  ...(isTrustworthy(publicUrl) ? { "cross-origin-opener-policy": "same-origin" } : {}),
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": `camera=(), geolocation=(), microphone=(), ${NO_DEVICES}`,
  ...transportSecurity(publicUrl),
});

/**
 * Everything except the web UI: the API, health, metrics, rejected sockets, unknown addresses. Nothing in it may
 * run, be framed or be cached. Styles are for the plain message pages.
 */
export const apiHeaders = (config: Config): Headers => ({
  ...common(new URL(config.LEO_PUBLIC_URL)),
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
  "cache-control": "no-store",
});

/** The web UI: only its own scripts, sockets and sign-in, and previews in frames. */
export const pageHeaders = (config: Config): Headers => {
  const publicUrl = new URL(config.LEO_PUBLIC_URL);
  const { source } = previewPlace(config.LEO_PREVIEW_URL_TEMPLATE);
  const socketOrigin = publicUrl.origin.replace(/^http/, "ws");
  const policy = [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    `img-src 'self' data: blob: ${source}`,
    `connect-src 'self' ${socketOrigin} ${new URL(config.SUPABASE_URL).origin}`,
    `frame-src ${source}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "form-action 'self'",
  ];
  return { ...common(publicUrl), "content-security-policy": policy.join("; ") };
};
