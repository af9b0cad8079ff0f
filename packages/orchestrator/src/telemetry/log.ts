/**
 * JSON lines on stdout. Every line has an `event`, listed in docs/observability.md, and the ids of what it
 * happened in: those of `withIds` around it, and the trace when there is one.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { isSpanContextValid, trace } from "@opentelemetry/api";
import { scrub } from "@leo/core/scrub.ts";
import { pino, type Logger } from "pino";

export interface LogIds {
  requestId?: string;
  userId?: string;
  appId?: string;
  generationId?: string;
  attemptId?: string;
  taskArn?: string;
}

const ids = new AsyncLocalStorage<LogIds>();

/** Whatever is logged in `work`, and in what it starts, carries these ids. Inner ones add to outer ones. */
export const withIds = <T>(more: LogIds, work: () => T): T => ids.run({ ...ids.getStore(), ...more }, work);

const mixin = () => {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span || !isSpanContextValid(span)) return { ...ids.getStore() };
  return { ...ids.getStore(), traceId: span.traceId, spanId: span.spanId };
};

/**
 * @param level the least severe that is written
 * @param write gets whole lines without known token shapes
 */
export const createLog = (level: string, write: (line: string) => void): Logger =>
  pino(
    { level, base: { service: "orchestrator" }, timestamp: pino.stdTimeFunctions.isoTime, mixin },
    { write: (line: string) => write(scrub(line)) },
  );
