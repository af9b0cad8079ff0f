import { isLoopback } from "./preview/conditions.ts";

/**
 * Whether a `Host` header names this machine. A page of another site can lead its own name to a server on
 * loopback (DNS rebinding); its requests still carry that name.
 */
export const namesThisMachine = (host: string | undefined): boolean => {
  const url = `http://${host ?? ""}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
};

/** What a server on loopback says to anybody who leads another name to it. */
export const MISDIRECTED = { status: 421, message: "This server answers this machine only." } as const;
