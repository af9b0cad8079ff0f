/**
 * The host names Leo answers to. A page of another site can point its own name at Leo's address (DNS rebinding);
 * to its visitor's browser it then has Leo's origin, and only the `Host` header gives it away.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isLoopback } from "@leo/core/preview/conditions.ts";
import type { Config } from "../config.ts";
import { previewPlace } from "../preview/url.ts";

export interface KnownHosts {
  /** Whether the request names Leo itself, one of its previews, or this machine. */
  accepts: (request: IncomingMessage) => boolean;
  /** Answers a request that names another host. */
  reject: (response: ServerResponse) => void;
}

type Names = Pick<Config, "LEO_PUBLIC_URL" | "LEO_PREVIEW_URL_TEMPLATE">;

const hostnameOf = (host: string): string | undefined => {
  const text = `http://${host}`;
  return URL.canParse(text) ? new URL(text).hostname.replace(/\.$/, "") : undefined;
};

const knownHosts = (publicUrl: string, isKnown: (hostname: string) => boolean): KnownHosts => ({
  accepts: ({ url, headers }) => {
    // A load balancer checks tasks by their address.
    if (url === "/health") return true;
    const hostname = hostnameOf(headers.host ?? "");
    return hostname !== undefined && (isLoopback(hostname) || isKnown(hostname));
  },
  reject: (response) => {
    const sentence = `Leo does not answer under this name. Open ${publicUrl} instead.\n`;
    response.writeHead(421, { "content-type": "text/plain; charset=utf-8", connection: "close" });
    response.end(sentence);
  },
});

/** The names that people and load balancers use. */
export const publicHosts = (config: Names): KnownHosts => {
  const own = new URL(config.LEO_PUBLIC_URL).hostname;
  const place = previewPlace(config.LEO_PREVIEW_URL_TEMPLATE);
  return knownHosts(
    config.LEO_PUBLIC_URL,
    (hostname) => hostname === own || (place.kind === "host" && hostname.endsWith(place.suffix)),
  );
};

/** The name that generators use. */
export const generatorHosts = (config: Pick<Config, "LEO_PUBLIC_URL" | "LEO_GENERATOR_URL">): KnownHosts => {
  const own = new URL(config.LEO_GENERATOR_URL).hostname;
  return knownHosts(config.LEO_PUBLIC_URL, (hostname) => hostname === own);
};
