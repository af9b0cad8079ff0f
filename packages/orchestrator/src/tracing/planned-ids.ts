import { createHash } from "node:crypto";
import { RandomIdGenerator, type IdGenerator } from "@opentelemetry/sdk-trace";

/** A generation's trace has the generation's id: whoever knows one finds the other. */
export const traceIdOf = (generationId: string) => generationId.replaceAll("-", "");

/** The same name in the same trace is the same span, whichever orchestrator sends it. */
export const spanIdOf = (generationId: string, name: string) =>
  createHash("sha256").update(`${generationId} ${name}`).digest("hex").slice(0, 16);

/** Random ids, but for spans that are started inside `plan`. */
export class PlannedIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #planned: { traceId: string; spanId: string } | undefined;

  generateTraceId(): string {
    return this.#planned?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#planned?.spanId ?? this.#random.generateSpanId();
  }

  /** @param start makes one span, without waiting for anything */
  plan<T>(generationId: string, name: string, start: () => T): T {
    this.#planned = { traceId: traceIdOf(generationId), spanId: spanIdOf(generationId, name) };
    try {
      return start();
    } finally {
      this.#planned = undefined;
    }
  }
}
