import { z } from "zod";

/** What browsers grant a previewed app's page. */
export const PreviewConditions = z.object({
  /** The app has its own origin, and so storage; otherwise it's sandboxed to an opaque origin. */
  ownOrigin: z.boolean(),
  /** HTTPS or this machine; elsewhere browsers withhold `crypto.subtle`, the clipboard, cameras and more. */
  secureContext: z.boolean(),
});
export type PreviewConditions = z.infer<typeof PreviewConditions>;

/** Whether browsers treat a host as this machine, whatever DNS says. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:.+\.)?localhost\.?$/i.test(hostname) || /^127(?:\.\d+){3}$/.test(hostname) || hostname === "[::1]";

/** Whether a page at this address is a secure context: https://w3c.github.io/webappsec-secure-contexts */
export const isTrustworthy = ({ protocol, hostname }: URL): boolean =>
  protocol === "https:" || isLoopback(hostname);
