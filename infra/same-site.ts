import { getDomain } from "tldts";

/**
 * Whether browsers let one host set cookies for the other: both share a registrable domain, such as
 * example.co.uk. Private suffixes (github.io) count as they do in browsers.
 */
export const isSameSite = (one: string, other: string): boolean => {
  const [first, second] = [one, other].map((host) => getDomain(host, { allowPrivateDomains: true }) ?? host);
  return first === second;
};
