/** Spans around work. Without tracing they cost next to nothing: the API does nothing until an SDK is there. */
import { SpanStatusCode, trace, type Attributes, type Span } from "@opentelemetry/api";

export const tracer = trace.getTracer("leo-orchestrator");

/**
 * Runs work inside a span that is active meanwhile; an error marks the span and goes on.
 * @param name what is done, such as `ecs RunTask`; never an id
 */
export const inSpan = <T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> =>
  tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (cause) {
      span.recordException(cause instanceof Error ? cause : String(cause));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw cause;
    } finally {
      span.end();
    }
  });
