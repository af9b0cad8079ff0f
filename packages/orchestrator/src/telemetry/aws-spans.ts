import { inSpan } from "./span.ts";

type Handler<Arguments, Result> = (args: Arguments) => Promise<Result>;

/**
 * A middleware of an AWS client's `initialize` step: every call becomes a span, retries included.
 * @param service as in `ecs RunTask`
 */
export const traceCalls =
  (service: string) =>
  <Arguments, Result>(
    next: Handler<Arguments, Result>,
    { commandName = "call" }: { commandName?: string },
  ): Handler<Arguments, Result> =>
  (args) =>
    inSpan(
      `${service} ${commandName.replace(/Command$/, "")}`,
      { "rpc.system": "aws-api", "rpc.service": service },
      () => next(args),
    );

export const AT_THE_START = { step: "initialize", name: "leoTraceCalls" } as const;
