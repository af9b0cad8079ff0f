import { eq } from "drizzle-orm";
import { attemptPrefix } from "@leo/core/artifact.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { Context } from "../context.ts";
import { apps, generations } from "../db/schema.ts";
import { budgetOf } from "../domain/limits/ledger.ts";
import { previewConditions } from "../domain/previews/preview-url.ts";
import { listCheckpoints } from "../lifecycle/artifact.ts";
import type { AttemptRow } from "../lifecycle/attempt.ts";
import type { GenerationRow } from "../lifecycle/transition.ts";

/** A presigned URL must outlive a slow start, and no more. */
const PRESIGNED_SECONDS = 900;

/** The last checkpoint of an earlier attempt, or the version this generation builds on. */
const findPrevious = async (
  context: Context,
  generation: GenerationRow,
): Promise<StartGeneration["previous"]> => {
  const { storage } = context;
  for (let attempt = generation.attempt - 1; attempt >= 1; attempt -= 1) {
    const keys = await listCheckpoints(context, attemptPrefix(generation.appId, generation.id, attempt));
    const key = keys.at(-1);
    if (!key) continue;
    const checkpointUrl = await storage.presignRead(key, PRESIGNED_SECONDS);
    return { generationId: generation.id, kind: "checkpoint", checkpointUrl };
  }
  if (!generation.baseGenerationId) return undefined;
  const [base] = await context.database.orm
    .select({ id: generations.id, manifest: generations.manifest })
    .from(generations)
    .where(eq(generations.id, generation.baseGenerationId));
  const checkpoint = base?.manifest?.checkpoint;
  if (!base || !checkpoint) return undefined;
  const checkpointUrl = await storage.presignRead(checkpoint.key, PRESIGNED_SECONDS);
  return { generationId: base.id, kind: "version", checkpointUrl, sessionId: checkpoint.sessionId };
};

/** Everything the generator of an attempt needs to know of its work. */
export const composeStart = async (
  context: Context,
  generation: GenerationRow,
  attempt: AttemptRow,
): Promise<StartGeneration> => {
  const { config } = context;
  const [app] = await context.database.orm
    .select({ name: apps.name })
    .from(apps)
    .where(eq(apps.id, generation.appId));
  const previous = await findPrevious(context, generation);
  return {
    type: "start_generation",
    generationId: generation.id,
    appId: generation.appId,
    appName: app?.name ?? "App",
    attempt: attempt.number,
    prompt: generation.prompt,
    mode: generation.mode,
    limits: {
      deadlineAt: attempt.deadlineAt.toISOString(),
      budgetUsd: await budgetOf(context, generation.id, attempt.number),
      maxTurns: config.LEO_MAX_TURNS,
    },
    artifact: {
      bucket: config.LEO_BUCKET,
      prefix: attemptPrefix(generation.appId, generation.id, attempt.number),
    },
    preview: previewConditions(config),
    ...(previous ? { previous } : {}),
  };
};
