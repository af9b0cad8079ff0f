import type { Config } from "../config.ts";
import { previewPlace } from "../domain/preview-url.ts";

type Headers = Record<string, string>;

const HSTS_SECONDS = 365 * 24 * 3600;

/** Every answer on Leo's own origin. */
const common = (publicUrl: URL): Headers => ({
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  ...(publicUrl.protocol === "https:" ? { "strict-transport-security": `max-age=${HSTS_SECONDS}` } : {}),
});

/** The API answers no documents: nothing in them may run, and nothing is kept by a cache. */
export const apiHeaders = (config: Config): Headers => ({
  ...common(new URL(config.LEO_PUBLIC_URL)),
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cache-control": "no-store",
});

/** The web UI: its own scripts only, its own sockets and sign-in, previews in frames. */
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
  return {
    ...common(publicUrl),
    "content-security-policy": policy.join("; "),
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
  };
};
