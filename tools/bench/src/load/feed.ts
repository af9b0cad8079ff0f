import { setImmediate, setTimeout as delay } from "node:timers/promises";
import type { GeneratorFact } from "@leo/core/event.ts";
import { scriptedFact } from "@leo/mock/scripted-generator/facts.ts";
import { nowMs } from "../harness/clock.ts";

/** One stretch of load on one generator. */
export interface Phase {
  events: number;
  /** Absent: as fast as whoever sends takes them. */
  perSecond?: number;
  /** Wait before the first event, so that many generators do not beat together. */
  offsetMs?: number;
}

/** Characters in an event's text; an event is then 90 to 170 bytes of JSON. */
const TEXT_CHARS = 60;
/** At full speed the event loop gets its turn after so many events. */
const BURST = 100;
/** Timers are no finer than a millisecond: what falls due within this time is made together. */
const TICK_MS = 2;

/** The facts of one generator, made in phases; the same for whatever carries them. */
export class Feed {
  #count = 0;
  #next = Promise.withResolvers<{ phase: Phase; done: (madeAt: Float64Array) => void }>();

  /** Makes a phase's events. Resolves with the time at which each was made once all have been taken. */
  play(phase: Phase): Promise<Float64Array> {
    const { promise, resolve: done } = Promise.withResolvers<Float64Array>();
    this.#next.resolve({ phase, done });
    return promise;
  }

  async *facts(): AsyncGenerator<GeneratorFact> {
    for (;;) {
      const { phase, done } = await this.#next.promise;
      this.#next = Promise.withResolvers();
      const madeAt = new Float64Array(phase.events);
      const beganAt = nowMs() + (phase.offsetMs ?? 0);
      for (let index = 0; index < phase.events; index += 1) {
        await this.#due(index, beganAt, phase.perSecond);
        madeAt[index] = nowMs();
        this.#count += 1;
        yield scriptedFact(this.#count, TEXT_CHARS);
      }
      done(madeAt);
    }
  }

  async #due(index: number, beganAt: number, perSecond: number | undefined): Promise<void> {
    if (perSecond === undefined) {
      if (index % BURST === 0) await setImmediate();
      return;
    }
    const waitMs = beganAt + (index * 1_000) / perSecond - nowMs();
    if (waitMs > TICK_MS) await delay(waitMs);
  }
}

/** Plays a phase on every feed at once, spread over one interval between two events. */
export const playAll = (feeds: Feed[], phase: Phase): Promise<Float64Array[]> => {
  const intervalMs = phase.perSecond ? 1_000 / phase.perSecond : 0;
  return Promise.all(
    feeds.map((feed, index) => feed.play({ ...phase, offsetMs: (index / feeds.length) * intervalMs })),
  );
};
