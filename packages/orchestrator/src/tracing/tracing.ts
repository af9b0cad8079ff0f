/**
 * Traces by OTLP over HTTP. Loaded only when `OTEL_EXPORTER_OTLP_ENDPOINT` is set; the exporter reads that
 * and OpenTelemetry's other standard variables, such as `OTEL_EXPORTER_OTLP_HEADERS`, itself.
 */
import { context as api, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Context } from "../app-context.ts";
import { traceGeneration } from "./generation-trace.ts";
import { PlannedIds } from "./planned-ids.ts";

export interface Tracing {
  /** Something happened to a generation; if it has ended, its trace is sent. */
  changed(generationId: string): void;
  /** Sends what waits. */
  stop(): Promise<void>;
}

export const startTracing = (context: Pick<Context, "database" | "log">): Tracing => {
  const ids = new PlannedIds();
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ "service.name": process.env["OTEL_SERVICE_NAME"] ?? "leo-orchestrator" }),
    ),
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  api.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const underWay = new Set<Promise<void>>();

  return {
    changed: (generationId) => {
      const work = traceGeneration(context, ids, generationId)
        .catch((cause: unknown) => {
          context.log.warn(
            { err: cause, event: "trace_failed", generationId },
            "a generation's trace was not sent",
          );
        })
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    stop: async () => {
      await Promise.all(underWay);
      await provider.shutdown();
      trace.disable();
      api.disable();
    },
  };
};
