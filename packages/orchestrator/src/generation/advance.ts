/** A transition together with what comes next. */
import type { Decision } from "@leo/core/lifecycle.ts";
import type { Context } from "../app-context.ts";
import { afterCommit, tx } from "../db/tx.ts";
import { saveDrafts } from "./draft.ts";
import { finalize } from "./finalize.ts";
import { transition, type Transition } from "./transition.ts";

type Tail<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never;

interface Step {
  begin: (context: Context, generationId: string) => Promise<void>;
  /** Of the log line when it broke off. */
  failed: { event: string; message: string };
}

/** The other steps belong to a transaction (`push`), to the launcher (`launch`) and to the watches (`stop`). */
const STEPS: Partial<Record<Decision["next"], Step>> = {
  finalize: {
    begin: finalize,
    failed: { event: "finalize_failed", message: "the version will be saved later" },
  },
  save_draft: {
    begin: saveDrafts,
    failed: { event: "draft_failed", message: "the draft will be saved later" },
  },
};

const startNext = (context: Context, { generation: { id }, decision }: Transition): void => {
  const step = STEPS[decision.next];
  step?.begin(context, id).catch((error: unknown) => {
    const { failed } = step;
    context.log.error({ err: error, event: failed.event, generationId: id }, failed.message);
  });
};

/**
 * Applies an input as `transition` does, and begins after the commit what the decision says comes next. Nobody waits
 * for that, and `takeOver` finds what broke off.
 */
export const advance = (
  context: Context,
  ...[generationId, input, attempt, result]: Tail<Parameters<typeof transition>>
): Promise<Transition | undefined> =>
  tx(context, async () => {
    const done = await transition(context, generationId, input, attempt, result);
    if (done) afterCommit(() => startNext(context, done));
    return done;
  });
