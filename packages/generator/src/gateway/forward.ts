/**
 * Forwards a call to the model until it is answered. Temporary problems are waited out here, before a byte has
 * reached the agent, so its harness never learns of them. Lasting ones are passed on and noted.
 */
import { once } from "node:events";
import { request as sendHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { request as sendHttps } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { reasonOf } from "@leo/core/explain.ts";
import type { FailureCode } from "@leo/core/failure.ts";
import { callUpstream, type UpstreamResult, type Reply } from "./upstream-call.ts";
import type { GatewayConfig } from "./config.ts";
import { answerHeaders, upstreamHeaders } from "./headers.ts";
import type { Outcome } from "./meter.ts";
import type { ModelStates } from "./model-state.ts";
import { NO_TOKENS } from "./prices.ts";
import type { MessagesRequest } from "./request.ts";
import { UsageReader } from "./usage-reader.ts";
import type { Verdict } from "./verdict.ts";

export interface Call {
  head: IncomingMessage;
  response: ServerResponse;
  url: URL;
  request: MessagesRequest;
  /** Absent if the call is free, such as a token count. A free call is tried once. */
  settle?: (outcome: Outcome) => void;
}

/** An unstreamed answer shows no sign of life until it's finished, for which the API allows ten minutes. */
const WHOLE_SILENT_MS = 600_000;
/** Added to each wait, so that runs that wait for the same moment don't all retry at once. */
const JITTER = 0.1;
const REJECTED: Outcome = { kind: "rejected" };
const BROKEN: Outcome = { kind: "broken", usage: NO_TOKENS };

type Problem = Extract<UpstreamResult, { kind: "problem" }>;
type Stream = Extract<UpstreamResult, { kind: "stream" }>;

/** Aborts when the caller has gone. */
export const goneSignal = (response: ServerResponse): AbortSignal => {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
};

const codeOf = (problem: Verdict["problem"]): FailureCode | undefined => {
  if (problem.kind === "rejected") return undefined;
  if (problem.kind === "lasting") return problem.code;
  return problem.reason === "limit" ? "model_limit" : "model_unavailable";
};

export class Forwarder {
  readonly #config: GatewayConfig;
  readonly #models: ModelStates;
  readonly #logger: Logger;
  readonly #upstream: URL;
  readonly #send;

  constructor(config: GatewayConfig, models: ModelStates, logger: Logger) {
    this.#config = config;
    this.#models = models;
    this.#logger = logger;
    this.#upstream = new URL(config.LEO_UPSTREAM_URL);
    this.#send = this.#upstream.protocol === "https:" ? sendHttps : sendHttp;
  }

  /** Answers the call, and settles it even if the caller has gone. */
  async forward(call: Call): Promise<void> {
    const signal = goneSignal(call.response);
    let outcome = REJECTED;
    try {
      outcome = await this.#untilAnswered(call, signal, (known) => {
        outcome = known;
      });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#models.goOn(call);
      call.settle?.(outcome);
    }
  }

  /** @param known gets the outcome that applies if the call ends now */
  async #untilAnswered(call: Call, signal: AbortSignal, known: (outcome: Outcome) => void): Promise<Outcome> {
    for (let tries = 1; ; tries += 1) {
      const startedMs = performance.now();
      // The model can't have started before it has the whole body.
      const answer = await this.#ask(call, signal, () => known(BROKEN));
      if (answer.kind !== "problem") {
        this.#models.goOn(call);
        const reader = new UsageReader(answer.kind === "stream", startedMs);
        if (answer.kind === "stream") return this.#passStreamOn(call, answer, reader, signal);
        return this.#passOn(call, answer.reply, reader);
      }
      known(REJECTED);
      const waitMs = this.#pauseMs(call, answer, tries);
      if (waitMs === undefined) return this.#giveUp(call, answer);
      this.#noteWait(call, answer.verdict, waitMs);
      await delay(waitMs, undefined, { signal });
    }
  }

  #ask({ url, request, head }: Call, signal: AbortSignal, onSent: () => void): Promise<UpstreamResult> {
    const target = new URL(this.#upstream.pathname.replace(/\/$/, "") + url.pathname, this.#upstream);
    if (url.searchParams.get("beta") === "true") target.searchParams.set("beta", "true");
    const body = Buffer.from(JSON.stringify(request));
    return callUpstream({
      send: this.#send,
      target,
      headers: upstreamHeaders(head.headers, this.#config, body),
      body,
      silentMs: request.stream === true ? this.#config.GATEWAY_SILENT_MS : WHOLE_SILENT_MS,
      onSent,
      signal,
      nowMs: Date.now,
    });
  }

  /** How long to wait before the next try, in milliseconds. @returns undefined if there is none */
  #pauseMs(call: Call, { verdict, reply }: Problem, tries: number): number | undefined {
    const { problem, status } = verdict;
    const { LEO_MODEL_RETRY_MIN_MS: minMs, LEO_MODEL_RETRY_MAX_MS: maxMs } = this.#config;
    if (!call.settle || problem.kind === "rejected") return undefined;
    // A credential that is being renewed may be rejected once.
    if (problem.kind === "lasting") return status === 401 && tries === 1 ? minMs : undefined;
    // An unstreamed answer may have been made and billed even if it never arrived.
    if (!reply && call.request.stream !== true) return undefined;
    const { retryAtMs } = problem;
    const backoffMs = Math.min(maxMs, minMs * 2 ** Math.min(tries - 1, 20));
    const waitMs = retryAtMs === undefined ? backoffMs : Math.max(minMs, retryAtMs - Date.now());
    return waitMs > this.#config.LEO_MODEL_WAIT_MAX_MS ? undefined : waitMs * (1 + Math.random() * JITTER);
  }

  #noteWait(call: Call, { problem, detail }: Verdict, waitMs: number): void {
    const { model } = call.request;
    this.#logger.info({ event: "model_waited_for", detail, waitMs, model }, "waiting for the model");
    if (problem.kind !== "passing") return;
    const retryAt = new Date(Date.now() + waitMs).toISOString();
    this.#models.wait(call, { reason: problem.reason, detail, retryAt });
  }

  /** Passes a problem on to the agent, and notes what it means for the model. */
  #giveUp({ response, request, settle }: Call, { verdict, reply }: Problem): Outcome {
    const { problem, detail, status } = verdict;
    const { model, stream } = request;
    const code = codeOf(problem);
    if (settle && code) {
      const retryAtMs = problem.kind === "rejected" ? undefined : problem.retryAtMs;
      const retryAt = retryAtMs === undefined ? {} : { retryAt: new Date(retryAtMs).toISOString() };
      this.#models.fail(model, { code, detail, ...retryAt });
    }
    this.#logger.warn({ event: "model_refused", status, detail, model }, "the model rejected a call");
    const headers = reply ? answerHeaders(reply.headers) : {};
    // The error event of a 200 is passed on as plain JSON.
    const type = reply?.status === status && headers["content-type"];
    const unreachable = {
      type: "error",
      error: { type: "api_error", message: "The model can't be reached." },
    };
    response.writeHead(status, {
      ...headers,
      "content-type": type || "application/json",
      "x-should-retry": "false",
    });
    response.end(reply?.body ?? JSON.stringify(unreachable));
    return reply || stream === true ? REJECTED : BROKEN;
  }

  #passOn(
    { response, request, settle }: Call,
    { status, headers, body }: Reply,
    reader: UsageReader,
  ): Outcome {
    reader.write(body);
    const outcome = reader.end();
    if (settle) this.#noteAnswer(request.model, reader.stopReason);
    response.writeHead(status, answerHeaders(headers));
    response.end(body);
    return outcome;
  }

  async #passStreamOn(
    { response, request }: Call,
    { headers, head, rest }: Stream,
    reader: UsageReader,
    signal: AbortSignal,
  ): Promise<Outcome> {
    response.writeHead(200, answerHeaders(headers));
    let problem = "it ended without its last event";
    try {
      let next: IteratorResult<Buffer, unknown> = { value: head };
      while (!next.done) {
        reader.write(next.value);
        if (!response.write(next.value)) await once(response, "drain", { signal });
        next = await rest.next();
      }
    } catch (error) {
      problem = reasonOf(error);
    }
    const outcome = reader.end();
    if (outcome.kind === "answered") {
      this.#noteAnswer(request.model, reader.stopReason);
      response.end();
      return outcome;
    }
    if (signal.aborted) return { kind: "broken", usage: outcome.usage };
    this.#noteBreak(request.model, reader.error ?? problem);
    // An error event reaches the agent in full. Anything else has to break off for the agent too, or it would
    // take half an answer for a whole one.
    if (reader.error === undefined) response.destroy();
    else response.end();
    return outcome;
  }

  #noteAnswer(model: string, stopReason: string | undefined): void {
    if (stopReason !== "refusal") return this.#models.clear(model);
    this.#models.fail(model, { code: "declined", detail: "The model's stop reason is refusal." });
  }

  #noteBreak(model: string, problem: string): void {
    const detail = `The answer broke off: ${problem}`;
    this.#models.fail(model, { code: "model_unavailable", detail });
    this.#logger.warn({ event: "answer_broke_off", detail, model }, "the answer broke off");
  }
}
