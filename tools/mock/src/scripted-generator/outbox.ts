import { Outbox } from "@leo/generator/socket/outbox.ts";

/** The generator's outbox, which says when something was acknowledged and can send everything again. */
export class ScriptedOutbox extends Outbox {
  readonly #resendsAll: () => boolean;
  readonly #onAcknowledged: () => void;
  readonly #frames: string[] = [];

  /** @param resendsAll whether a new connection gets every message, acknowledged or not */
  constructor(resendsAll: () => boolean, onAcknowledged: () => void) {
    super();
    this.#resendsAll = resendsAll;
    this.#onAcknowledged = onAcknowledged;
  }

  override take(): string[] {
    const frames = super.take();
    if (this.#resendsAll()) this.#frames.push(...frames);
    return frames;
  }

  override unacknowledged(): string[] {
    return this.#resendsAll() ? this.#frames : super.unacknowledged();
  }

  override acknowledge(n: number): void {
    super.acknowledge(n);
    this.#onAcknowledged();
  }
}
