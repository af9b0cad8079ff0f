/** A page fetched by its address, wherever that leads. */
import { lookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";

const PAGE_MS = 30_000;
const PAGE_MAX_CHARS = 1_000_000;

/** Browsers send every name under localhost to this machine; not every resolver does. */
const asBrowsersDo: LookupFunction = (host, options, answer) => {
  if (!host.endsWith(".localhost")) return lookup(host, options, answer);
  if (options.all) return answer(null, [{ address: "127.0.0.1", family: 4 }]);
  return answer(null, "127.0.0.1", 4);
};

export interface Page {
  status: number;
  contentType: string;
  text: string;
}

/** @throws the network's error */
export const fetchPage = async (url: string): Promise<Page> => {
  const { promise, resolve, reject } = Promise.withResolvers<Page>();
  const open = url.startsWith("https:") ? httpsRequest : httpRequest;
  const sent = open(
    url,
    { lookup: asBrowsersDo, agent: false, headers: { accept: "text/html" }, timeout: PAGE_MS },
    (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text = (text + chunk).slice(0, PAGE_MAX_CHARS);
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers["content-type"] ?? "",
          text,
        }),
      );
    },
  );
  sent.on("timeout", () => sent.destroy(new Error(`it does not answer within ${PAGE_MS / 1_000} s`)));
  sent.on("error", reject);
  sent.end();
  return promise;
};
