import { z } from "zod";

/** What a browser grants the page of a previewed app. */
export const PreviewConditions = z.object({
  /** The app has an origin of its own, and with it storage; otherwise it is sandboxed to an opaque one. */
  ownOrigin: z.boolean(),
  /** HTTPS or this machine: elsewhere browsers withhold `crypto.subtle`, the clipboard, cameras and more. */
  secureContext: z.boolean(),
});
export type PreviewConditions = z.infer<typeof PreviewConditions>;

/** Whether browsers take a host for this machine, whatever name servers say. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:.+\.)?localhost\.?$/i.test(hostname) || /^127(?:\.\d+){3}$/.test(hostname) || hostname === "[::1]";

/** Whether a page at this address is a secure context: https://w3c.github.io/webappsec-secure-contexts */
export const isTrustworthy = ({ protocol, hostname }: URL): boolean =>
  protocol === "https:" || isLoopback(hostname);
