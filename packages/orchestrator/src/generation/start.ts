import { eq } from "drizzle-orm";
import { attemptPrefix } from "@leo/core/artifact.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { Context } from "../app-context.ts";
import { apps, generations } from "../db/schema.ts";
import { budgetOf } from "../limits/ledger.ts";
import { previewConditions } from "../preview/url.ts";
import { checkpointsOf } from "../version/artifact.ts";
import type { AttemptRow } from "./attempt.ts";
import type { GenerationRow } from "./transition.ts";

/** A presigned URL must outlive a slow start, and no more. */
const PRESIGNED_SECONDS = 900;

/** The newest checkpoint of a generation's attempts up to `newest`: of one that crashed, all there is. */
const findCheckpoint = async (
  context: Context,
  generation: Pick<GenerationRow, "id" | "appId">,
  newest: number,
): Promise<string | undefined> => {
  for await (const { key } of checkpointsOf(context, generation, newest)) return key;
  return undefined;
};

/**
 * The state that a version, a draft or an answer was saved with. A run that left nothing is passed over for
 * what it had begun with.
 */
const findBase = async (
  context: Context,
  begunWith: Pick<GenerationRow, "continuesId" | "baseGenerationId">,
) => {
  for (let id = begunWith.continuesId ?? begunWith.baseGenerationId; id !== null;) {
    const [base] = await context.database.orm
      .select({
        id: generations.id,
        appId: generations.appId,
        state: generations.state,
        prompt: generations.prompt,
        attempt: generations.attempt,
        manifest: generations.manifest,
        baseGenerationId: generations.baseGenerationId,
        continuesId: generations.continuesId,
      })
      .from(generations)
      .where(eq(generations.id, id));
    if (!base) return undefined;
    const { key, sessionId } = base.manifest?.checkpoint ?? {
      key: await findCheckpoint(context, base, base.attempt),
      sessionId: undefined,
    };
    if (key) return { ...base, key, sessionId };
    // A version without a state was stored before states were; only a draft may be passed over.
    if (base.state === "completed") return undefined;
    id = base.continuesId ?? base.baseGenerationId;
  }
  return undefined;
};

/** The last checkpoint of an earlier attempt, or the version, draft or answer that this generation goes on from. */
const findPrevious = async (
  context: Context,
  generation: GenerationRow,
): Promise<StartGeneration["previous"]> => {
  const { storage } = context;
  const own = await findCheckpoint(context, generation, generation.attempt - 1);
  if (own) {
    const checkpointUrl = await storage.presignRead(own, PRESIGNED_SECONDS);
    return { generationId: generation.id, kind: "checkpoint", checkpointUrl };
  }
  const base = await findBase(context, generation);
  if (!base) return undefined;
  const checkpointUrl = await storage.presignRead(base.key, PRESIGNED_SECONDS);
  // The same request once more: the agent goes on with it instead of hearing it as a new one.
  const isDraft = base.state === "failed" || base.state === "cancelled";
  const isSameWork = isDraft && base.prompt === generation.prompt;
  const kind = isSameWork ? "checkpoint" : "version";
  return { generationId: base.id, kind, checkpointUrl, sessionId: base.sessionId };
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
