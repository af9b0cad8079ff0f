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

const REDIRECTS_MAX = 5;

/**
 * Follows redirects, with the cookies that they set, as long as they stay on one host.
 * @throws the network's error
 */
export const fetchPage = async (url: string): Promise<Page> => {
  const { host } = new URL(url);
  let [address, cookie] = [url, ""];
  for (let redirects = 0; ; redirects += 1) {
    const { location, setCookie, ...page } = await fetchOnce(address, cookie);
    if (location === undefined) return page;
    const next = new URL(location, address);
    if (redirects === REDIRECTS_MAX || next.host !== host) return page;
    cookie = setCookie.map((set) => set.split(";")[0]).join("; ") || cookie;
    address = next.href;
  }
};

interface Answer extends Page {
  location?: string;
  setCookie: string[];
}

const fetchOnce = async (url: string, cookie: string): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const open = url.startsWith("https:") ? httpsRequest : httpRequest;
  const sent = open(
    url,
    {
      lookup: asBrowsersDo,
      agent: false,
      headers: { accept: "text/html", ...(cookie && { cookie }) },
      timeout: PAGE_MS,
    },
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
          location: response.headers.location,
          setCookie: response.headers["set-cookie"] ?? [],
        }),
      );
    },
  );
  sent.on("timeout", () => sent.destroy(new Error(`it does not answer within ${PAGE_MS / 1_000} s`)));
  sent.on("error", reject);
  sent.end();
  return promise;
};
