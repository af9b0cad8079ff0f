import { processTable, withDescendants } from "./table.ts";

const INTERVAL_MS = 2_000;

/**
 * Remembers what descends from the processes it follows, so that those that later lose their parent
 * and take a session of their own stay known.
 */
export class Descendants {
  readonly #followed = new Map<number, Map<number, string>>();
  #timer: NodeJS.Timeout | undefined;

  follow(pid: number): void {
    this.#followed.set(pid, new Map());
    this.#timer ??= setInterval(() => void this.#note(), INTERVAL_MS).unref();
  }

  /** Stops following and returns all pids seen below it, with their start. */
  release(pid: number): ReadonlyMap<number, string> {
    const known = this.#followed.get(pid) ?? new Map<number, string>();
    this.#followed.delete(pid);
    if (this.#followed.size > 0) return known;
    clearInterval(this.#timer);
    this.#timer = undefined;
    return known;
  }

  async #note(): Promise<void> {
    const table = await processTable();
    const startedOf = new Map(table.map(({ pid, started }) => [pid, started]));
    for (const [root, known] of this.#followed) {
      for (const pid of withDescendants(table, [root])) known.set(pid, startedOf.get(pid) ?? "");
    }
  }
}
