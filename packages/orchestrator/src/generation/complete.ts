/**
 * How an attempt's work ends: its last message was committed, or its manifest was found. All of it
 * is safe to repeat.
 */
import { and, eq } from "drizzle-orm";
import type { Failure } from "@leo/core/failure.ts";
import type { LifecycleInput } from "@leo/core/lifecycle.ts";
import type { Context } from "../app-context.ts";
import { attempts, events, generations } from "../db/schema.ts";
import { findUpload, TOO_LARGE, type FoundArtifact } from "../version/artifact.ts";
import type { AttemptRow } from "./attempt.ts";
import { advance } from "./advance.ts";
import type { Transition } from "./transition.ts";

/** How an attempt's work ended, as its generator reports it. */
export interface FinalWord {
  failure?: Failure;
  /** When the cause of the failure will have passed. */
  retryAt?: string;
}

/** How the work of an attempt ends that has written all that it may, whatever its generator reports. */
export const CUT: FinalWord = { failure: TOO_LARGE };

/** How the attempt's work ended, if that is known. */
export const wordOf = async (
  context: Context,
  { id, cutAt }: Pick<AttemptRow, "id" | "cutAt">,
): Promise<FinalWord | undefined> => (cutAt === null ? finalWord(context, id) : CUT);

/** The attempt's `all_work_complete`, if it is committed. Nothing comes after it. */
const finalWord = async (context: Context, attemptId: string): Promise<FinalWord | undefined> => {
  const [last] = await context.database.orm
    .select({ body: events.body })
    .from(attempts)
    .innerJoin(events, and(eq(events.attemptId, attempts.id), eq(events.n, attempts.lastN)))
    .where(eq(attempts.id, attemptId));
  return last?.body.type === "all_work_complete" ? last.body : undefined;
};

const inputOf = ({ failure: cause, retryAt }: FinalWord, at: Date): LifecycleInput => ({
  type: "work_complete",
  ...(cause ? { failure: cause } : {}),
  ...(cause && retryAt ? { retryInMs: Date.parse(retryAt) - at.getTime() } : {}),
});

/**
 * Moves a generation on whose attempt is over. A run that ended with a failure keeps the partial version that
 * it uploaded.
 * @param artifact what the attempt uploaded, where that is known
 */
export const recordCompletion = (
  context: Context,
  generationId: string,
  attempt: number,
  word: FinalWord,
  artifact?: FoundArtifact,
): Promise<Transition | undefined> => {
  const draft = word.failure && artifact && { artifactPrefix: artifact.prefix, manifest: artifact.manifest };
  return advance(context, generationId, inputOf(word, context.now()), attempt, draft);
};

/** The generator said that its work is over. @throws when the bucket or the database is away: say it again */
export const completeWork = async (
  context: Context,
  generationId: string,
  attempt: number,
  word: FinalWord,
): Promise<void> => {
  const [row] = await context.database.orm
    .select({ appId: generations.appId })
    .from(generations)
    .where(eq(generations.id, generationId));
  if (!row) return;
  const partial = word.failure && (await findUpload(context, row.appId, generationId, attempt)).artifact;
  await recordCompletion(context, generationId, attempt, word, partial);
};
