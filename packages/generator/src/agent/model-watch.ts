/**
 * Follows what the gateway knows about the model, reports when a run waits for it, and ends the run when
 * waiting won't help. No decision here depends on what the agent's harness says.
 */
import type { Logger } from "pino";
import { FAILURES, failure, type Failure, type FailureCode } from "@leo/core/failure.ts";
import { ANY_MODEL, ModelState, type Fault, type Waiting } from "../gateway/model-state.ts";
import type { Report } from "../report.ts";
import type { Clock } from "../socket/clock.ts";

export interface ModelWatchOptions {
  gatewayUrl: string;
  /** The model that does the work. The harness's side requests go to another one, and may fail. */
  model: string;
  report: Report;
  clock: Clock;
  logger: Logger;
  /** Called when the agent starts or stops waiting for the model. */
  onWaiting: (waits: boolean) => void;
  /** Called once, when waiting won't help. @param retryAt when it would, if the API says so */
  onLasting: (failure: Failure, retryAt: string | undefined) => void;
}

const SENTENCES: Record<Waiting["reason"], string> = {
  busy: "Claude is busy.",
  limit: "Claude's rate limit is reached.",
  error: "Claude returned an error.",
  unreachable: "Claude can't be reached.",
  silent: "Claude isn't answering.",
  foreign: "Something between Leo and Claude answered in Claude's place.",
};
/** These concern the account or the way to the API, so they hold for every model. */
const OF_EVERY_MODEL = new Set<FailureCode>([
  "model_credential",
  "model_balance",
  "model_address",
  "model_certificate",
  "model_proxy",
]);
/** The harness may recover from these with a shorter prompt or another try. */
const LEFT_TO_THE_HARNESS = new Set<FailureCode>(["request_too_large", "declined"]);
const ASK_AGAIN_MS = 1_000;
/** Longer than the gateway holds a request. */
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

  /** How the model's last call failed, if it did. */
  get fault(): Failure | undefined {
    const fault = this.#state.faults[this.#options.model] ?? this.#state.faults[ANY_MODEL];
    return fault && failure(fault.code, fault.detail);
  }

  /** Polls until `stop`. */
  start(): void {
    void this.#follow();
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Fetches the newest state at once. */
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

  /** @returns whether the gateway responded */
  async #ask(after: number): Promise<boolean> {
    const { gatewayUrl, logger } = this.#options;
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(QUESTION_MS)]);
      const response = await fetch(new URL(`/model?after=${after}`, gatewayUrl), { signal });
      this.#apply(ModelState.parse(await response.json()));
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) {
        logger.warn(
          { event: "model_state_unknown", err: error },
          "the gateway didn't report the model's state",
        );
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
    // A broken-off answer is requested again; a model that is away until a known time isn't.
    return FAILURES[code].owner === "operator" || retryAt !== undefined;
  }
}
