/** Sockets that break at the worst moments. Each test ends with the audit. */
import { expect, test } from "vitest";
import { QUICK_TAKEOVER, SCALE } from "./scale.ts";
import { withWorld } from "./world.ts";

const { load, timeoutMs } = SCALE;

test(
  "every generator socket is cut at every message, one resends everything, one works while cut off",
  { timeout: timeoutMs },
  () =>
    withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
      await world.start();
      await Promise.all([
        world.submitMany(load, "cut-every-message events=15"),
        world.submit("resend-all events=60"),
        world.submit("offline"),
      ]);
      await world.audit();
      expect(await world.outcomes()).toEqual({ completed: load + 2 });
    }),
);

test("browsers are cut at every event", { timeout: timeoutMs }, () =>
  withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
    await world.start();
    await world.submitMany(load, "happy events=15 rate=20", { cutEvery: 1 });
    await world.audit();
    expect(await world.outcomes()).toEqual({ completed: load });
  }),
);

test(
  "a browser that reads nothing holds nobody up, and gets everything once it reads",
  {
    timeout: timeoutMs,
  },
  () =>
    withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
      await world.start();
      // Far more than a socket and the server's buffer hold.
      const id = await world.submit("load events=4000 textChars=4000");
      const deaf = world.browse(id, { deaf: true });
      const [other] = [world.browse(id)];
      await expect.poll(() => other.seqs.length, { timeout: 120_000 }).toBeGreaterThan(4_000);
      expect(deaf.seqs.length).toBeLessThan(other.seqs.length);
      deaf.read();
      await world.audit();
    }),
);
