/**
 * The trace of a generation, made from its rows once it has ended: it is whole even when several
 * orchestrators had a part in it, or died. Spans: the generation; for each attempt its run, and in it
 * launching, starting and working.
 */
import { ROOT_CONTEXT, SpanStatusCode, trace, type Attributes, type Span } from "@opentelemetry/api";
import { asc, eq } from "drizzle-orm";
import type { Context } from "../app-context.ts";
import { attempts, generations } from "../db/schema.ts";
import type { PlannedIds } from "./planned-ids.ts";
import { tracer } from "../telemetry/span.ts";

type Generation = typeof generations.$inferSelect;
type Attempt = typeof attempts.$inferSelect;

interface Planned {
  name: string;
  /** Unique in the trace. */
  key: string;
  from: Date;
  to: Date;
  attributes?: Attributes;
  parent?: Span;
}

const phases = (attempt: Attempt, to: Date) => [
  { name: "launching", from: attempt.createdAt, to: attempt.taskAcceptedAt ?? to },
  ...(attempt.taskAcceptedAt
    ? [{ name: "starting", from: attempt.taskAcceptedAt, to: attempt.readyAt ?? to }]
    : []),
  ...(attempt.readyAt ? [{ name: "working", from: attempt.readyAt, to }] : []),
];

/** Sends the spans of a generation; nothing while it has not ended. Sending twice gives the same spans. */
export const traceGeneration = async (
  { database }: Pick<Context, "database">,
  ids: PlannedIds,
  generationId: string,
): Promise<void> => {
  const [generation] = await database.orm.select().from(generations).where(eq(generations.id, generationId));
  const end = generation?.finishedAt;
  if (!generation || !end) return;
  const tried = await database.orm
    .select()
    .from(attempts)
    .where(eq(attempts.generationId, generationId))
    .orderBy(asc(attempts.number));

  const span = ({ name, key, from, to, attributes = {}, parent }: Planned): Span => {
    const around = parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
    const made = ids.plan(generationId, key, () =>
      tracer.startSpan(name, { startTime: from, attributes }, around),
    );
    // A clock that was set back in between must not give a span that ends before it began.
    made.end(to < from ? from : to);
    return made;
  };

  const whole = rootSpan(generation, ids, end);
  for (const attempt of tried) {
    const to = attempt.endedAt ?? end;
    const key = `attempt ${attempt.number}`;
    const parent = span({
      name: "attempt",
      key,
      from: attempt.createdAt,
      to,
      attributes: attributesOf(attempt),
      parent: whole,
    });
    for (const phase of phases(attempt, to)) span({ ...phase, key: `${key} ${phase.name}`, parent });
  }
  span({
    name: "queued",
    key: "queued",
    from: generation.createdAt,
    to: tried[0]?.createdAt ?? end,
    parent: whole,
  });
};

const rootSpan = (generation: Generation, ids: PlannedIds, end: Date): Span => {
  const { id, appId, state, failure, costUsd, attempt } = generation;
  const made = ids.plan(id, "generation", () =>
    tracer.startSpan(
      "generation",
      {
        startTime: generation.createdAt,
        root: true,
        attributes: {
          "leo.generation_id": id,
          "leo.app_id": appId,
          "leo.state": state,
          "leo.attempts": attempt,
          "leo.cost_usd": costUsd,
          ...(failure ? { "leo.failure_code": failure.code } : {}),
        },
      },
      ROOT_CONTEXT,
    ),
  );
  if (failure) made.setStatus({ code: SpanStatusCode.ERROR, message: failure.code });
  made.end(end);
  return made;
};

const attributesOf = ({ id, number, taskArn, endedClass }: Attempt): Attributes => ({
  "leo.attempt_id": id,
  "leo.attempt": number,
  ...(taskArn ? { "aws.ecs.task.arn": taskArn } : {}),
  ...(endedClass ? { "leo.ended": endedClass } : {}),
});
