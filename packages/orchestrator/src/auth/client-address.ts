import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";

/** An IPv4 address in IPv6 notation. */
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** The first four groups of an IPv6 address: whoever has one address has the whole /64. */
const network = (address: string): string => {
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...rest];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
};

/**
 * Where a request comes from, as a key to count by: an IPv4 address or an IPv6 /64.
 *
 * Each trusted proxy appends the address that it saw to `X-Forwarded-For`, so with one of them the
 * last entry is true and everything before it is what the caller claims; with none the header is
 * only claims.
 * @param trustedProxies how many of our own proxies the request went through
 * @returns undefined when the connection is already closed
 */
export const clientAddress = (
  request: Pick<IncomingMessage, "headers"> & { socket: Pick<IncomingMessage["socket"], "remoteAddress"> },
  trustedProxies: number,
): string | undefined => {
  const { remoteAddress } = request.socket;
  const header = request.headers["x-forwarded-for"];
  const forwarded = [header ?? []].flat().join(",").split(",");
  const told = trustedProxies > 0 ? forwarded.at(-trustedProxies)?.trim() : undefined;
  const address = (told && isIP(told) ? told : remoteAddress)?.replace(MAPPED, "");
  if (address === undefined) return undefined;
  return isIPv6(address) ? network(address) : address;
};
