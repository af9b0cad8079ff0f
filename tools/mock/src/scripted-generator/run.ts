/**
 * A generator without an agent: it plays a script of messages and faults over the real generator's own
 * link and outbox. Hundreds of them run in one process.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import type { GeneratorFact } from "@leo/core/event.ts";
import { failure } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { StartGeneration, ToGenerator } from "@leo/core/protocol/generator.ts";
import { systemClock, type Clock } from "@leo/generator/socket/clock.ts";
import { OrchestratorLink, type Rejection } from "@leo/generator/socket/link.ts";
import { s3FromEnvironment, uploadArtifact } from "./artifact.ts";
import { scriptedFact } from "./facts.ts";
import { ConnectionFaults } from "./faults.ts";
import { ScriptedOutbox } from "./outbox.ts";
import { GeneratorScript, scriptInPrompt, type ScriptInput } from "./script.ts";

/** With no rate, one batch is made per turn of the event loop. */
const BATCH = 100;
/** Slower than this between two messages, each is waited for; faster, several go together. */
const TICK_MS = 10;

export interface ScriptedGeneratorOptions {
  /** `ws://…/ws/generator` */
  url: string;
  token: string;
  script?: ScriptInput;
  /** A prompt with a line `script: …` replaces the script once the work is known. */
  obeyPrompt?: boolean;
  /** What to report instead of the script's events; the next fact is asked for when there is room for it. */
  facts?: (start: StartGeneration) => AsyncIterable<GeneratorFact>;
  clock?: Clock;
  /** Needed by scripts that upload; the default reads the environment. */
  s3?: S3Client;
}

export interface ScriptedOutcome {
  end: "completed" | "cancelled" | "exited" | "deadline" | "stopped" | Rejection;
  exitCode: number;
  /** Messages made, and how many of them the orchestrator has acknowledged. */
  messages: number;
  acknowledged: number;
  reconnects: number;
}

export interface ScriptedGenerator {
  /** Settles when the generator has ended; rejects on a fault of its own, such as a refused upload. */
  outcome: Promise<ScriptedOutcome>;
  /** Cuts the connection now; it is made again. */
  cut: () => void;
  /** Ends it at once, as SIGKILL would. */
  stop: () => void;
}

type End = Pick<ScriptedOutcome, "end" | "exitCode">;

/** What happens to the connection is the script's doing. */
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

class Run {
  readonly #options: ScriptedGeneratorOptions;
  readonly #clock: Clock;
  readonly #stopped = new AbortController();
  readonly #cancelled = new AbortController();
  readonly #rejected = Promise.withResolvers<End>();
  readonly #work = Promise.withResolvers<StartGeneration>();
  readonly #faults = new ConnectionFaults(() => this.#script);
  readonly #outbox = new ScriptedOutbox(
    () => this.#script.resendAll,
    () => this.#onAcknowledged(),
  );
  readonly #received = new Set<string>();
  #script: GeneratorScript;
  #link: OrchestratorLink | undefined;
  #started = false;
  #messages = 0;
  #acknowledgement = Promise.withResolvers<void>();

  constructor(options: ScriptedGeneratorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#script = GeneratorScript.parse(options.script ?? {});
  }

  stop = () => this.#stopped.abort();
  cut = () => this.#faults.cut();

  async play(): Promise<ScriptedOutcome> {
    const stopped = new Promise<End>((resolve) => {
      this.#stopped.signal.addEventListener("abort", () => resolve({ end: "stopped", exitCode: 137 }));
    });
    try {
      const end = await Promise.race([stopped, this.#rejected.promise, this.#live()]);
      // Only a generator that ends in order says goodbye.
      if (end.end !== "completed" && end.end !== "cancelled") this.#faults.cut();
      return {
        ...end,
        messages: this.#messages,
        acknowledged: this.#messages - this.#outbox.size,
        reconnects: Math.max(0, this.#faults.connections - 1),
      };
    } finally {
      this.#stopped.abort();
      this.#link?.close();
    }
  }

  async #live(): Promise<End> {
    await this.#sleep(this.#script.startDelayMs);
    if (this.#stopped.signal.aborted) return new Promise(() => undefined);
    this.#link = this.#connect();
    const start = await this.#work.promise;
    const hangs = this.#script.ending === "hang";
    const leftMs = Date.parse(start.limits.deadlineAt) - this.#clock.nowMs();
    const deadline: Promise<End> = hangs
      ? new Promise(() => undefined)
      : this.#sleep(Math.max(0, leftMs)).then(() => ({ end: "deadline", exitCode: 1 }));
    const cancelled = new Promise<void>((resolve) => {
      // It may have been cancelled before it got its work.
      if (this.#cancelled.signal.aborted) resolve();
      this.#cancelled.signal.addEventListener("abort", () => resolve());
    }).then(() => this.#endCancelled());
    return Promise.race([deadline, cancelled, this.#perform(start)]);
  }

  #connect(): OrchestratorLink {
    const { url, token } = this.#options;
    return new OrchestratorLink({
      url,
      token,
      logger: SILENT,
      clock: this.#clock,
      outbox: this.#outbox,
      openSocket: this.#faults.open,
      backoffMaxMs: this.#script.backoffMaxMs,
      isStarted: () => this.#started,
      onMessage: (message) => this.#receive(message),
      onRejected: (end) => this.#rejected.resolve({ end, exitCode: end === "finished" ? 0 : 1 }),
    });
  }

  /** Resolves after a while, and never once the generator was stopped. */
  #sleep(durationMs: number): Promise<void> {
    const { signal } = this.#stopped;
    return new Promise((resolve) => {
      const stop = () => cancel();
      const cancel = this.#clock.after(durationMs, () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  #onAcknowledged(): void {
    this.#acknowledgement.resolve();
    this.#acknowledgement = Promise.withResolvers();
  }

  #receive(message: Exclude<ToGenerator, { type: "ack" }>): void {
    switch (message.type) {
      case "start_generation":
        this.#started = true;
        if (this.#options.obeyPrompt) this.#script = scriptInPrompt(message.prompt) ?? this.#script;
        return this.#work.resolve(message);
      case "cancel":
        return this.#script.ignoreCancel ? undefined : this.#cancelled.abort();
      case "user_message":
        return this.#take(message);
    }
  }

  #take({ messageId, text }: Extract<ToGenerator, { type: "user_message" }>): void {
    if (this.#received.has(messageId)) return;
    this.#received.add(messageId);
    this.#send({ type: "user_message_taken", messageId });
    this.#send({ type: "progress", step: "turn_complete", text: `Heard: ${text}` });
  }

  #send(fact: GeneratorFact): void {
    const { offlineFrom, offlineUntil } = this.#script;
    this.#link?.send(fact);
    this.#messages += 1;
    if (this.#messages === offlineFrom) setImmediate(() => this.#faults.setOffline(true));
    if (this.#messages === offlineUntil) setImmediate(() => this.#faults.setOffline(false));
  }

  async #perform(start: StartGeneration): Promise<End> {
    const { ending, exitCode, failure: code, mute, upload } = this.#script;
    const cancelled = this.#cancelled.signal;
    const forever = new Promise<End>(() => undefined);
    for await (const fact of this.#options.facts?.(start) ?? this.#scripted()) {
      if (cancelled.aborted) return forever;
      this.#send(fact);
      await this.#room();
    }
    if (mute) this.#faults.mute();
    if (ending === "hang") return forever;
    if (ending === "exit") {
      await this.#link?.delivered();
      return { end: "exited", exitCode };
    }
    if (upload && ending === "complete") await this.#upload(start, false);
    if (cancelled.aborted) return forever;
    const reason = ending === "fail" ? failure(code, "as the script says") : undefined;
    if (reason) this.#send({ type: "error", failure: reason });
    this.#send({ type: "all_work_complete", ...(reason ? { failure: reason } : {}) });
    await this.#link?.delivered();
    return { end: "completed", exitCode: reason ? 1 : 0 };
  }

  async #upload(start: StartGeneration, partial: boolean): Promise<void> {
    const startedMs = this.#clock.nowMs();
    const uploaded = await uploadArtifact(this.#options.s3 ?? s3FromEnvironment(), start, partial);
    this.#send({ type: "artifact_uploaded", ...uploaded, durationMs: this.#clock.nowMs() - startedMs });
  }

  async #endCancelled(): Promise<End> {
    this.#faults.setOffline(false);
    this.#send({ type: "log", level: "info", text: "Stopped, as asked." });
    this.#send({ type: "all_work_complete" });
    await this.#link?.delivered();
    return { end: "cancelled", exitCode: 0 };
  }

  /** The script's messages, each when its time has come. */
  async *#scripted(): AsyncGenerator<GeneratorFact> {
    const { events, rate } = this.#script;
    const { signal } = this.#stopped;
    const beganMs = this.#clock.nowMs();
    for (let index = 1; index <= events && !signal.aborted; index += 1) {
      const dueMs = rate > 0 ? beganMs + (index * 1_000) / rate : 0;
      const waitMs = dueMs - this.#clock.nowMs();
      if (waitMs > TICK_MS || (rate > 0 && waitMs > 0 && 1_000 / rate > TICK_MS)) {
        await this.#sleep(waitMs);
      }
      if (rate === 0 && index % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
      yield scriptedFact(index, this.#script.textChars);
    }
  }

  async #room(): Promise<void> {
    while (this.#outbox.size >= LIMITS.outboxMax && !this.#stopped.signal.aborted)
      await this.#acknowledgement.promise;
  }
}

/** Starts a scripted generator. @throws ZodError when the script is wrong */
export const runScriptedGenerator = (options: ScriptedGeneratorOptions): ScriptedGenerator => {
  const run = new Run(options);
  return { outcome: run.play(), cut: run.cut, stop: run.stop };
};
