import { and, eq, sql } from "drizzle-orm";
import { distKey, sourceKey } from "@leo/core/artifact.ts";
import { failure, FAILURES } from "@leo/core/failure.ts";
import type { Context } from "../app-context.ts";
import { isFree, leaseUntil } from "../db/lease.ts";
import { tx } from "../db/tx.ts";
import { generations } from "../db/schema.ts";
import { IS_FINALIZING } from "../db/schema/state.ts";
import { pushAutomatically } from "../github/app-github.ts";
import { withIds } from "../telemetry/log.ts";
import { inSpan } from "../telemetry/span.ts";
import { findUpload, listCheckpoints, TOO_LARGE, type FoundArtifact } from "../version/artifact.ts";
import { transition } from "./transition.ts";

/** Takes the lease on a generation in `finalizing`; only its holder saves the version. */
const claimLease = async (context: Context, generationId: string) => {
  const at = context.now();
  const [row] = await context.database.orm
    .update(generations)
    .set({ saveLeaseUntil: leaseUntil(at, context.config.LEO_FINALIZE_LEASE_MS) })
    .where(
      and(
        eq(generations.id, generationId),
        eq(generations.state, "finalizing"),
        isFree(generations.saveLeaseUntil, at),
      ),
    )
    .returning();
  return row;
};

/** @returns why what was uploaded is neither a version nor an answer */
const objectionTo = async (
  { storage }: Context,
  found: FoundArtifact | undefined,
): Promise<string | undefined> => {
  if (!found) return "the generator said it was done, but there is no valid manifest";
  const { manifest, prefix } = found;
  if (!manifest.answered) return undefined;
  for await (const { key } of storage.list(prefix)) {
    const isFile = key.startsWith(sourceKey(prefix, "")) || key.startsWith(distKey(prefix, ""));
    if (isFile) return `the manifest says that no file changed, but ${key} was uploaded`;
  }
  return undefined;
};

/**
 * Checks what a generator uploaded and makes it a version, or an answer when the run changed no file. Safe to
 * repeat: whoever holds the lease does it, and reconciliation calls again for one whose holder died.
 */
export const finalize = (context: Context, generationId: string): Promise<void> =>
  withIds({ generationId }, () =>
    inSpan("finalize", { "leo.generation_id": generationId }, () => finalizeLeased(context, generationId)),
  );

const finalizeLeased = async (context: Context, generationId: string): Promise<void> => {
  const row = await claimLease(context, generationId);
  if (!row) return;
  const { artifact: found, isTooLarge } = await findUpload(context, row.appId, generationId, row.attempt);
  const objection = await objectionTo(context, found);
  if (!found || objection) {
    const cause = isTooLarge ? TOO_LARGE : failure("upload_failed", objection);
    const retry = FAILURES[cause.code].retryable;
    await transition(context, generationId, { type: "attempt_failed", failure: cause, retry }, row.attempt);
    return;
  }
  const version = { artifactPrefix: found.prefix, manifest: found.manifest };
  await tx(context, async ({ orm }) => {
    const type = found.manifest.answered ? "answered" : "version_saved";
    const done = await transition(context, generationId, { type }, row.attempt, version);
    // In the same transaction: a version that is to be on GitHub cannot be forgotten.
    if (done?.decision.next === "push") await pushAutomatically(orm, context.now(), done.generation);
  });
  const keys = (await listCheckpoints(context, row, row.attempt)).map(({ key }) => key);
  await context.storage.delete(keys.filter((key) => key !== found.manifest.checkpoint?.key));
};

/** Generations in `finalizing` whose holder is gone. */
export const findUnfinalized = async (context: Context): Promise<string[]> => {
  const rows = await context.database.orm
    .select({ id: generations.id })
    .from(generations)
    .where(
      and(
        // As a literal: a partial index is of no use to a parameter.
        sql`${generations.state} = ${sql.raw(IS_FINALIZING)}`,
        isFree(generations.saveLeaseUntil, context.now()),
      ),
    );
  return rows.map(({ id }) => id);
};
