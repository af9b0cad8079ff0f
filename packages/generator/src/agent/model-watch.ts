/**
 * Follows what the gateway knows of the model, tells the person when a run waits for it, and ends the run
 * when waiting is of no use. Nothing here is decided by the words of the agent's harness.
 */
import type { Logger } from "pino";
import { FAILURES, failure, type Failure, type FailureCode } from "@leo/core/failure.ts";
import { ANY_MODEL, ModelState, type Fault, type Waiting } from "../gateway/model-state.ts";
import type { Report } from "../report.ts";
import type { Clock } from "../socket/clock.ts";

export interface ModelWatchOptions {
  gatewayUrl: string;
  /** The model that does the work; the harness's side questions to another one may fail. */
  model: string;
  report: Report;
  clock: Clock;
  logger: Logger;
  /** The agent waits for the model, or no longer does. */
  onWaiting: (waits: boolean) => void;
  /** Waiting is of no use. Called once. @param retryAt when it will be, if the API says so */
  onLasting: (failure: Failure, retryAt: string | undefined) => void;
}

const SENTENCES: Record<Waiting["reason"], string> = {
  busy: "Claude is busy.",
  limit: "Claude's rate limit is reached.",
  error: "Claude returned an error.",
  unreachable: "Claude can't be reached.",
  silent: "Claude doesn't answer.",
  foreign: "Something between Leo and Claude answered in Claude's place.",
};
/** Whatever model has it: the account is at fault, or the way to the API. */
const OF_EVERY_MODEL = new Set<FailureCode>([
  "model_credential",
  "model_balance",
  "model_address",
  "model_certificate",
  "model_proxy",
]);
/** The harness may still get over these, by a shorter prompt or another try. */
const LEFT_TO_THE_HARNESS = new Set<FailureCode>(["request_too_large", "declined"]);
const ASK_AGAIN_MS = 1_000;
/** Longer than the gateway holds a question. */
const QUESTION_MS = 40_000;

export class ModelWatch {
  readonly #options: ModelWatchOptions;
  readonly #stop = new AbortController();
  #state: ModelState = { version: -1, faults: {} };
  #lastReported: string | undefined;
  #hasEnded = false;

  constructor(options: ModelWatchOptions) {
    this.#options = options;
  }

  get isWaiting(): boolean {
    return this.#state.waiting !== undefined;
  }

  /** How the model's last answer failed, if it did. */
  get fault(): Failure | undefined {
    const fault = this.#state.faults[this.#options.model] ?? this.#state.faults[ANY_MODEL];
    return fault && failure(fault.code, fault.detail);
  }

  /** Follows until `stop`. */
  start(): void {
    void this.#follow();
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Asks for the newest state at once. */
  async refresh(): Promise<void> {
    await this.#ask(-1);
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (await this.#ask(this.#state.version)) continue;
      const again = Promise.withResolvers<void>();
      const cancel = this.#options.clock.after(ASK_AGAIN_MS, () => again.resolve());
      this.#stop.signal.addEventListener("abort", () => again.resolve(), { once: true });
      await again.promise;
      cancel();
    }
  }

  /** @returns whether the gateway answered */
  async #ask(after: number): Promise<boolean> {
    const { gatewayUrl, logger } = this.#options;
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(QUESTION_MS)]);
      const response = await fetch(new URL(`/model?after=${after}`, gatewayUrl), { signal });
      this.#apply(ModelState.parse(await response.json()));
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) {
        logger.warn({ event: "model_state_unknown", err: error }, "the gateway did not tell of the model");
      }
      return false;
    }
  }

  #apply(state: ModelState): void {
    if (this.#stop.signal.aborted || state.version <= this.#state.version) return;
    const waited = this.isWaiting;
    this.#state = state;
    if (waited !== this.isWaiting) this.#options.onWaiting(this.isWaiting);
    this.#reportWaiting(state.waiting);
    this.#endIfLasting(state.faults);
  }

  #reportWaiting(waiting: Waiting | undefined): void {
    const { report } = this.#options;
    const text = waiting && SENTENCES[waiting.reason];
    const reported = waiting && `${text} ${waiting.retryAt}`;
    if (reported === this.#lastReported) return;
    this.#lastReported = reported;
    if (!waiting) return report({ type: "progress", step: "agent" });
    report({ type: "progress", step: "rate_limited", text, retryAt: waiting.retryAt });
  }

  #endIfLasting(faults: ModelState["faults"]): void {
    const found = Object.entries(faults).find((entry) => this.#isLasting(...entry));
    if (!found || this.#hasEnded) return;
    this.#hasEnded = true;
    const [, { code, detail, retryAt }] = found;
    this.#options.onLasting(failure(code, detail), retryAt);
  }

  #isLasting(model: string, { code, retryAt }: Fault): boolean {
    if (OF_EVERY_MODEL.has(code)) return true;
    if (model !== this.#options.model || LEFT_TO_THE_HARNESS.has(code)) return false;
    // An answer that broke off is asked for again; a model that is away until a known time is not.
    return FAILURES[code].owner === "operator" || retryAt !== undefined;
  }
}
