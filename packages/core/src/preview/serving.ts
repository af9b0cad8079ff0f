/** How an app's pages are served, in its preview and in the smoke test before it: what passes there works here. */
import { bridge } from "./bridge.js";
import type { PreviewConditions } from "./conditions.ts";
import { FRAME_SANDBOX } from "./frame.ts";

/**
 * Features that reach hardware or money, which neither Leo nor its apps use. `bluetooth` is missing because
 * browsers don't know it as a feature and warn about it in every page's console.
 */
export const NO_DEVICES = ["hid", "midi", "payment", "serial", "usb"]
  .map((feature) => `${feature}=()`)
  .join(", ");

const OPAQUE = FRAME_SANDBOX.replace(" allow-same-origin", "");

/**
 * The headers of every preview response.
 * @param frameAncestors origin of the pages that may frame it, or `'none'`
 */
export const previewHeaders = (
  { ownOrigin }: Pick<PreviewConditions, "ownOrigin">,
  frameAncestors: string,
): Record<string, string> => {
  const policy = [
    // On its own host the page keeps its origin, and so its storage; under a path on Leo's host its
    // origin must be opaque.
    `sandbox ${ownOrigin ? FRAME_SANDBOX : OPAQUE}`,
    "object-src 'none'",
    `frame-ancestors ${frameAncestors}`,
  ];
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": NO_DEVICES,
    "cross-origin-resource-policy": ownOrigin ? "same-origin" : "cross-origin",
    // For an opaque origin, even its own module scripts are cross-origin.
    ...(ownOrigin ? { "origin-agent-cluster": "?1" } : { "access-control-allow-origin": "*" }),
  };
};

/** The script that every page starts with. */
export const BRIDGE = `(${bridge.toString()})();`;

/** The page with the bridge as its first script. */
export const withBridge = (html: string): string => {
  const head = /<head[^>]*>/i.exec(html) ?? /<html[^>]*>/i.exec(html) ?? /<!doctype[^>]*>/i.exec(html);
  const at = head ? head.index + head[0].length : 0;
  return `${html.slice(0, at)}<script>${BRIDGE}</script>${html.slice(at)}`;
};
