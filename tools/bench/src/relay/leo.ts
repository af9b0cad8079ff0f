import { startChild } from "../harness/child.ts";
import { withLeo } from "../leo/leo.ts";
import type { Services } from "../harness/services.ts";
import type { LeoBrowsers } from "../load/leo-browsers.ts";
import type { RelaySystem } from "./system.ts";

/** Runs with Leo and so many generators at work. */
export const withLeoRelay = <T>(
  services: Services,
  generators: number,
  run: (system: RelaySystem) => Promise<T>,
  nodeArgs?: string[],
): Promise<T> =>
  withLeo(services, { name: "relay_leo", nodeArgs }, async (leo) => {
    const browsers = startChild<LeoBrowsers>("load/leo-browsers.ts");
    const launched = await leo.launch(generators);
    try {
      return await run({
        connect: async (count, browsersEach) => {
          const chosen = await Promise.all(
            launched
              .slice(0, count)
              .map(async (submitted) => ({ ...submitted, since: await leo.lastSeq(submitted) })),
          );
          const subscriptions = chosen.flatMap((each) => Array.from({ length: browsersEach }, () => each));
          await browsers.call("connect", { url: leo.socketUrl, subscriptions });
        },
        disconnect: () => browsers.call("disconnect"),
        expect: (events) => browsers.call("expect", events),
        play: (count, phase) => {
          const generationIds = launched.slice(0, count).map(({ generationId }) => generationId);
          return leo.generators.call("play", { generationIds, phase });
        },
        received: () => browsers.call("received"),
      });
    } finally {
      await browsers.end();
    }
  });
