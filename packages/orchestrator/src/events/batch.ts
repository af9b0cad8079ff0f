/**
 * Messages of generators between their arrival and their commit.
 *
 * Terms: an *entry* is one frame's messages of one attempt, made into JSON text on arrival, while the
 * commit before is at the database; a *run* is what one attempt has in a batch, numbered without a gap.
 */
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { isAgentActivity } from "@leo/core/event.ts";
import { cleanJson } from "@leo/core/scrub.ts";

/** An attempt's messages from `firstN` on, one after the other. */
export interface Run {
  attemptId: string;
  firstN: number;
  types: string[];
  /** JSON without line feeds, as `JSON.stringify` writes it. */
  bodies: string[];
  /** Of the bodies. */
  sizeBytes: number;
  /** The last number that shows the agent at work; 0 for none. */
  activityN: number;
  /** The highest running total of the cost; 0 without one. */
  costUsd: number;
}

export const lastNOf = (run: Run): number => run.firstN + run.bodies.length - 1;

/**
 * @param messages not empty, ascending in `n`; what is repeated is left out
 * @throws when a number is missing
 */
export const runOf = (attemptId: string, messages: NumberedMessage[]): Run => {
  const run: Run = {
    attemptId,
    firstN: messages[0]?.n ?? 1,
    types: [],
    bodies: [],
    sizeBytes: 0,
    activityN: 0,
    costUsd: 0,
  };
  for (const { n, ...fact } of messages) {
    const nextN = lastNOf(run) + 1;
    if (n < nextN) continue;
    if (n > nextN) throw new Error(`message ${n} of attempt ${attemptId} came where ${nextN} is due`);
    run.types.push(fact.type);
    const body = cleanJson(fact);
    run.bodies.push(body);
    run.sizeBytes += Buffer.byteLength(body);
    if (isAgentActivity(fact)) run.activityN = n;
    if (fact.type === "usage") run.costUsd = Math.max(run.costUsd, fact.costUsd);
  }
  return run;
};

/** Entries that one statement stores; `E` is what a caller keeps with each. */
export class Batch<E extends { run: Run }> {
  readonly entries: E[] = [];
  readonly #runs = new Map<string, Run>();
  eventCount = 0;

  get runs(): Run[] {
    return [...this.#runs.values()];
  }

  /** @returns false, and nothing is added, when numbers of its attempt would be missing in between */
  add(entry: E): boolean {
    const { run } = entry;
    const before = this.#runs.get(run.attemptId);
    if (before && run.firstN > lastNOf(before) + 1) return false;
    this.entries.push(entry);
    this.eventCount += run.bodies.length;
    if (before) append(before, run);
    else this.#runs.set(run.attemptId, { ...run, types: [...run.types], bodies: [...run.bodies] });
    return true;
  }
}

/** Adds what is new of a run that begins at most one number after the end of the other. */
const append = (run: Run, more: Run): void => {
  const known = lastNOf(run) + 1 - more.firstN;
  for (let index = known; index < more.bodies.length; index += 1) {
    run.types.push(more.types[index] ?? "");
    const body = more.bodies[index] ?? "";
    run.bodies.push(body);
    run.sizeBytes += Buffer.byteLength(body);
  }
  run.activityN = Math.max(run.activityN, more.activityN);
  run.costUsd = Math.max(run.costUsd, more.costUsd);
};
