import type { Logger } from "pino";
import type { Env } from "./env.ts";

/**
 * A body that cuts the connection when its source fails, so that nobody takes a part for the whole. The cause is
 * logged, and not sent. A reader that leaves cancels the source.
 * @param connection Hono's bindings: `c.env`
 */
export const streamed = (
  connection: Env["Bindings"],
  log: Logger,
  source: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> => {
  const reader = source.getReader();
  let hasLeft = false;
  const breakOff = (cause: unknown) => {
    if (hasLeft) return;
    log.error({ err: cause, event: "stream_failed" }, "an answer broke off");
    connection.outgoing?.destroy();
  };
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const part = await reader.read().catch(breakOff);
      if (!part || hasLeft) return;
      if (part.done) controller.close();
      else controller.enqueue(part.value);
    },
    cancel: (reason) => {
      hasLeft = true;
      return reader.cancel(reason);
    },
  });
};
