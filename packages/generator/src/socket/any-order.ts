/**
 * DNS lookup for a name that stands for several orchestrators. Each connection looks it up again, so that an
 * orchestrator that has gone isn't tried forever. The addresses come in random order, because the system would put the
 * same one first for every generator of a subnet. Node tries them one after another.
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
      // Sorting by a random number per address makes every order equally likely.
      const drawn = found.map((address) => ({ address, place: random() }));
      return done(
        null,
        drawn.toSorted((a, b) => a.place - b.place).map(({ address }) => address),
      );
    });
