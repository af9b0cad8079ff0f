/** Frames of a view while events stream into it. */
import { withPage } from "../test/support/browser.ts";
import { measureFrames, MIN_FRAMES_PER_SECOND, STORED_EVENTS, streamEvents } from "../test/support/frames.ts";
import { longRun } from "../test/support/long-run.ts";
import { signIn, untilSeq } from "../test/support/pages.ts";
import { observe, seen } from "../test/support/paints.ts";
import { START } from "../test/support/scenario.ts";
import { withStub } from "../test/support/stub.ts";
import { tell, tellShift } from "./report.ts";

export const measureStreaming = (view: string, search: string): Promise<void> =>
  withStub({}, (stub) =>
    withPage({ reducedMotion: "no-preference" }, async (page) => {
      const { app, generation } = stub.addApp("A long run", "Long run");
      stub.emit(generation.id, ...START, ...longRun(STORED_EVENTS));
      await signIn(page, stub.url);
      await observe(page);
      await page.goto(`${stub.url}/apps/${app.id}${search}`);
      await untilSeq(page, stub.events.get(generation.id)?.length ?? 0);
      const before = await seen(page);
      const stop = await measureFrames(page);
      const lastSeq = await streamEvents(stub, generation.id);
      const { painted, possible, busyShare } = await stop();
      await untilSeq(page, lastSeq);
      const { shift, moved } = await seen(page);
      const bar = `${MIN_FRAMES_PER_SECOND}/s`;
      tell(`${view}: frames painted`, `${painted.toFixed(1)}/s`, bar, painted >= MIN_FRAMES_PER_SECOND);
      tell(`${view}: frames possible`, `${possible.toFixed(0)}/s`, bar, possible >= MIN_FRAMES_PER_SECOND);
      tell(`${view}: main thread busy`, `${(busyShare * 100).toFixed(0)} %`, "-", true);
      const news = moved.slice(before.moved.length);
      tellShift(`${view}: layout shift while streaming`, shift - before.shift, news);
    }),
  );
