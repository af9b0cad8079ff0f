import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const SCRIPT = readFileSync(new URL("./preview-bridge.js", import.meta.url), "utf8");
const ELEMENT = `<script>${SCRIPT}</script>`;

/** Part of a page's ETag, so that a new bridge reaches pages that browsers have. */
export const BRIDGE_TAG = createHash("sha256").update(SCRIPT).digest("hex").slice(0, 8);

/** The page with the bridge as its first script. */
export const withBridge = (html: string): string => {
  const head = /<head[^>]*>/i.exec(html) ?? /<html[^>]*>/i.exec(html) ?? /<!doctype[^>]*>/i.exec(html);
  const at = head ? head.index + head[0].length : 0;
  return html.slice(0, at) + ELEMENT + html.slice(at);
};
