import { BlockList, isIPv6 } from "node:net";
import type { Context as HonoContext } from "hono";
import type { Env } from "./env.ts";

const INSIDE = new BlockList();
INSIDE.addSubnet("127.0.0.0", 8, "ipv4");
INSIDE.addSubnet("10.0.0.0", 8, "ipv4");
INSIDE.addSubnet("172.16.0.0", 12, "ipv4");
INSIDE.addSubnet("192.168.0.0", 16, "ipv4");
INSIDE.addAddress("::1", "ipv6");
INSIDE.addSubnet("fc00::", 7, "ipv6");

/** Loopback or a private network; an IPv4 address inside IPv6 counts as the IPv4 one. */
export const isInsideAddress = (address: string) => {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
  return INSIDE.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
};

/**
 * Whether the caller is on this machine or in the VPC. A forwarded request also has a private peer (the load
 * balancer), so it never counts as inside.
 */
export const isInsidePeer = (c: HonoContext<Env>) => {
  const address = c.env.incoming?.socket.remoteAddress;
  if (c.req.header("x-forwarded-for") !== undefined || c.req.header("forwarded") !== undefined) return false;
  return address !== undefined && isInsideAddress(address);
};
