/**
 * What the gateway knows about the model: whether a call is waiting for it, and what went wrong last. The generator
 * relies on this, never on what the agent's harness says.
 */
import { z } from "zod";
import { FailureCode } from "@leo/core/failure.ts";
import { WaitReason } from "./verdict.ts";

const Waiting = z.object({
  reason: WaitReason,
  /** When the gateway tries again. */
  retryAt: z.iso.datetime(),
  /** For the operator. */
  detail: z.string(),
});
export type Waiting = z.infer<typeof Waiting>;

const Fault = z.object({
  code: FailureCode,
  detail: z.string(),
  /** When the cause will have passed, according to the API. */
  retryAt: z.iso.datetime().optional(),
});
export type Fault = z.infer<typeof Fault>;

/** The response of `GET /model`. */
export const ModelState = z.object({
  /** Grows with each change. */
  version: z.int().min(0),
  /** Of the waiting calls, the one that is retried first. */
  waiting: Waiting.optional(),
  /** How each model's last call failed. A successful call clears it. */
  faults: z.record(z.string(), Fault),
});
export type ModelState = z.infer<typeof ModelState>;

/** Stands for the model of a request that was too large to read. */
export const ANY_MODEL = "*";
/** A model's name may end in any date, so the number of names is unbounded. */
const FAULTS_MAX = 20;

export class ModelStates {
  #version = 0;
  readonly #waiting = new Map<object, Waiting>();
  readonly #faults = new Map<string, Fault>();
  readonly #listeners = new Set<() => void>();

  get current(): ModelState {
    const waiting = [...this.#waiting.values()].toSorted((a, b) => a.retryAt.localeCompare(b.retryAt))[0];
    return { version: this.#version, waiting, faults: Object.fromEntries(this.#faults) };
  }

  /** The call waits. Replaces an earlier reason. */
  wait(call: object, waiting: Waiting): void {
    this.#waiting.set(call, waiting);
    this.#changed();
  }

  /** The call continues or has ended. */
  goOn(call: object): void {
    if (this.#waiting.delete(call)) this.#changed();
  }

  fail(model: string, fault: Fault): void {
    this.#faults.delete(model);
    if (this.#faults.size >= FAULTS_MAX) this.#faults.delete([...this.#faults.keys()][0] ?? "");
    this.#faults.set(model, fault);
    this.#changed();
  }

  /** The model has answered a call. */
  clear(model: string): void {
    const wasModel = this.#faults.delete(model);
    const wasAny = this.#faults.delete(ANY_MODEL);
    if (wasModel || wasAny) this.#changed();
  }

  /** Resolves once the state is newer than this version, or when the signal aborts. */
  async newerThan(version: number, signal: AbortSignal): Promise<ModelState> {
    if (this.#version <= version && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#listeners.add(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      this.#listeners.delete(resolve);
    }
    return this.current;
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
