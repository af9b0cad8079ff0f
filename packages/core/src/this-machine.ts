import { isLoopback } from "./preview/conditions.ts";

/**
 * Whether a `Host` header names this machine. Another site's page can point its own name at a server on
 * loopback (DNS rebinding), but its requests still carry that name.
 */
export const namesThisMachine = (host: string | undefined): boolean => {
  const url = `http://${host ?? ""}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
};

/** The response of a loopback server to requests under another name. */
export const MISDIRECTED = {
  status: 421,
  message: "This server only answers requests for this machine.",
} as const;
