import { getDomain } from "tldts";

/**
 * Whether a browser lets one host set cookies for the other: both are under one registrable domain, such
 * as example.co.uk. Suffixes that are private companies' (github.io) count as they do in browsers.
 */
export const isSameSite = (one: string, other: string): boolean => {
  const [first, second] = [one, other].map((host) => getDomain(host, { allowPrivateDomains: true }) ?? host);
  return first === second;
};
