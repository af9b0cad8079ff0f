/** One socket of a generator: carries out what its session decides. */
import { FromGenerator } from "@leo/core/protocol/generator.ts";
import type { RawData, WebSocket } from "ws";
import type { Context } from "../app-context.ts";
import type { Committer } from "../events/committer.ts";
import type { AttemptRow } from "../generation/attempt.ts";
import { withIds } from "../telemetry/log.ts";
import { keepAliveTimes } from "../timeouts.ts";
import { answerQuestion } from "./generator-answer.ts";
import type { Frame, Question } from "./generator-jobs.ts";
import {
  openGeneratorSession,
  type GeneratorEffect,
  type GeneratorInput,
  type GeneratorSession,
} from "./generator-session.ts";
import { stepGeneratorSession, untilGeneratorTickMs } from "./generator-step.ts";
import { findWork } from "./generator-work.ts";
import { closeWith, parseFrame, sizeOf } from "./frame.ts";
import { keepAlive } from "./keepalive.ts";
import { openSocket, type OpenSocket } from "./open-socket.ts";
import { runSession } from "./session.ts";

export interface GeneratorSocketOptions {
  context: Context;
  committer: Committer;
  token: string | undefined;
  /** Called for a token that opens nothing. */
  reportUnknown: () => void;
  /** Called when an attempt is ready for the first time. */
  onReady: (durationMs: number) => void;
  /** Called once the generator may be notified: it takes the place of the generation's socket before it. */
  register: (generator: ServedGenerator, generationId: string) => void;
}

/** What the log says of work that failed. */
interface Fault {
  event: string;
  message: string;
  /** What the session learns of it. */
  input: GeneratorInput;
}
const NOT_IDENTIFIED: Fault = {
  event: "generator_admission_failed",
  message: "a generator's token could not be looked up",
  input: { type: "failed" },
};
const NOT_STORED: Fault = {
  event: "generator_message_failed",
  message: "a generator's message failed",
  input: { type: "failed" },
};
const NOT_NOTIFIED: Fault = {
  event: "control_failed",
  message: "a generator could not be notified; the next sweep does it",
  input: { type: "unanswered" },
};
const NOT_ANSWERED: Fault = { ...NOT_STORED, input: { type: "unanswered" } };

export class ServedGenerator {
  /** The socket as others may close it. */
  readonly opened: OpenSocket;
  /** A frame or a pong came since this was last set to false. */
  isHeard = true;
  readonly #socket: WebSocket;
  readonly #options: GeneratorSocketOptions;
  #attempt: AttemptRow | undefined;
  /** The highest number whose acknowledgement is about to go out; 0 for none. */
  #acknowledgingN = 0;
  readonly #dispatch: (input: GeneratorInput) => void;

  constructor(socket: WebSocket, options: GeneratorSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    const { log, now } = options.context;
    socket.on("error", (cause) =>
      log.debug({ err: cause, event: "generator_socket_error" }, "generator socket error"),
    );
    this.#dispatch = runSession<GeneratorSession, GeneratorInput, GeneratorEffect>({
      start: openGeneratorSession(options.token),
      step: stepGeneratorSession,
      untilTickMs: untilGeneratorTickMs,
      perform: (effect) => this.#perform(effect),
      now: () => ({ dateMs: now().getTime(), elapsedMs: performance.now() }),
    });
    this.opened = openSocket(socket, (code, reason) => this.#dispatch({ type: "dismissed", code, reason }));
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("close", () => this.#dispatch({ type: "closed" }));
  }

  get attemptId(): string | undefined {
    return this.#attempt?.id;
  }

  /** Looks whether the generator must be notified of something. */
  notify(): void {
    this.#dispatch({ type: "notify" });
  }

  /** A newer socket serves the generation. */
  replace(): void {
    this.#dispatch({ type: "replaced" });
  }

  #receive(data: RawData, isBinary: boolean): void {
    const parsed = parseFrame(FromGenerator, data, isBinary);
    this.#dispatch(parsed.type === "message" ? { ...parsed, sizeBytes: sizeOf(data) } : parsed);
  }

  #perform(effect: GeneratorEffect): void {
    const socket = this.#socket;
    const { context, reportUnknown, register } = this.#options;
    const { database } = context;
    switch (effect.type) {
      case "identify":
        return this.#report(NOT_IDENTIFIED, async () => ({
          type: "identified",
          work: await findWork(database, { tokenHash: effect.tokenHash }),
        }));
      case "explain":
        return this.#report(NOT_STORED, async () => ({
          type: "explained",
          work: await findWork(database, { attemptId: effect.attempt.id }),
        }));
      case "commit":
        return this.#report(NOT_STORED, () => this.#commit(effect.attempt, effect.frame));
      case "ask":
        return this.#ask(effect.attempt, effect.question);
      case "report_unknown":
        return reportUnknown();
      case "watch":
        return this.#watch(effect.attempt);
      case "register":
        return register(this, effect.attempt.generationId);
      case "send":
        return socket.send(JSON.stringify(effect.message));
      case "ack":
        return this.#acknowledge(effect.n);
      case "pause":
        return socket.pause();
      case "resume":
        return socket.resume();
      case "terminate":
        return socket.terminate();
      case "close":
        return closeWith(socket, effect.code, effect.reason);
    }
  }

  /** Dispatches what the work comes to. */
  #report(fault: Fault, work: () => Promise<GeneratorInput>): void {
    const attempt = this.#attempt;
    const failed = (cause: unknown) => {
      const { log } = this.#options.context;
      log.error({ err: cause, event: fault.event, attemptId: attempt?.id }, fault.message);
      return fault.input;
    };
    void withIds({ generationId: attempt?.generationId, attemptId: attempt?.id }, work)
      .catch(failed)
      .then((input) => this.#dispatch(input));
  }

  async #commit(attempt: AttemptRow, frame: Frame): Promise<GeneratorInput> {
    const outcome = await this.#options.committer.commit(attempt.id, frame.messages);
    return { type: "committed", attempt, frame, outcome };
  }

  #ask(attempt: AttemptRow, question: Question): void {
    const { context, onReady } = this.#options;
    const isLook = question.type === "look" || question.type === "take";
    this.#report(isLook ? NOT_NOTIFIED : NOT_ANSWERED, async () => ({
      type: "answered",
      answer: await answerQuestion(context, attempt, question, onReady),
    }));
  }

  #watch(attempt: AttemptRow): void {
    this.#attempt = attempt;
    const times = keepAliveTimes(this.#options.context.config.LEO_HEARTBEAT_LOST_MS);
    keepAlive(this.#socket, times, () => (this.isHeard = true));
  }

  /** One acknowledgement covers all frames of a commit. */
  #acknowledge(n: number): void {
    const isPlanned = this.#acknowledgingN > 0;
    this.#acknowledgingN = Math.max(this.#acknowledgingN, n);
    if (isPlanned) return;
    setImmediate(() => {
      const ack = JSON.stringify({ type: "ack", n: this.#acknowledgingN });
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(ack);
      this.#acknowledgingN = 0;
    });
  }
}
