/**
 * The names under which Leo may be asked. A page of another site can lead its own name to Leo's address
 * (DNS rebinding) and is then of Leo's origin as far as its visitor's browser knows; only the `Host` header
 * shows it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isLoopback } from "@leo/core/preview/conditions.ts";
import type { Config } from "../config.ts";
import { previewPlace } from "../domain/previews/preview-url.ts";

export interface KnownHosts {
  /** Whether the request names Leo itself, one of its previews, or this machine. */
  accepts: (request: IncomingMessage) => boolean;
  /** Answers a request that does not. */
  reject: (response: ServerResponse) => void;
}

type Names = Pick<Config, "LEO_PUBLIC_URL" | "LEO_PREVIEW_URL_TEMPLATE" | "LEO_GENERATOR_URL">;

const hostnameOf = (host: string): string | undefined => {
  const text = `http://${host}`;
  return URL.canParse(text) ? new URL(text).hostname.replace(/\.$/, "") : undefined;
};

export const createKnownHosts = (config: Names): KnownHosts => {
  const names = new Set(
    [config.LEO_PUBLIC_URL, config.LEO_GENERATOR_URL].map((url) => new URL(url).hostname),
  );
  const place = previewPlace(config.LEO_PREVIEW_URL_TEMPLATE);
  const isKnown = (hostname: string) =>
    names.has(hostname) || isLoopback(hostname) || (place.kind === "host" && hostname.endsWith(place.suffix));

  return {
    accepts: ({ url, headers }) => {
      // A load balancer asks tasks by their address.
      if (url === "/health") return true;
      const hostname = hostnameOf(headers.host ?? "");
      return hostname !== undefined && isKnown(hostname);
    },
    reject: (response) => {
      const sentence = `Leo does not answer under this name. Open ${config.LEO_PUBLIC_URL} instead.\n`;
      response.writeHead(421, { "content-type": "text/plain; charset=utf-8", connection: "close" });
      response.end(sentence);
    },
  };
};
