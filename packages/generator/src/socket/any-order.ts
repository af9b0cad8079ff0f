/**
 * DNS for a name that stands for several orchestrators. It is asked anew for each connection, so one that
 * is gone stays gone; and its addresses come in any order, where the system would put the same one first
 * for every generator of a subnet. Node tries them one after the other.
 */
import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";

type Lookup = (...args: Parameters<LookupFunction>) => void;

/**
 * @param random a number in [0, 1)
 * @param ask the system's resolver
 */
export const inAnyOrder =
  (random: () => number, ask: Lookup = lookup): Lookup =>
  (host, options, done) =>
    ask(host, options, (cause, found, family) => {
      if (cause || typeof found === "string") return done(cause, found, family);
      // By a number drawn for each: every order is as likely as any other.
      const drawn = found.map((address) => ({ address, place: random() }));
      return done(
        null,
        drawn.toSorted((a, b) => a.place - b.place).map(({ address }) => address),
      );
    });
