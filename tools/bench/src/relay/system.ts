import type { Phase } from "../load/feed.ts";

/** Something that carries events from generators to browsers. */
export interface RelaySystem {
  /** Connects this many browsers to each of the first generators. */
  connect(generators: number, browsersEach: number): Promise<void>;
  disconnect(): Promise<void>;
  /** Each browser will keep the times of so many events. */
  expect(events: number): Promise<void>;
  /** Plays a phase on the first generators; when each event was made, by generator. */
  play(generators: number, phase: Phase): Promise<Float64Array[]>;
  /** When each event arrived, by browser; the browsers of the first generator come first. */
  received(): Promise<Float64Array[]>;
}
