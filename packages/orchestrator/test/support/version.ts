import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import {
  attemptPrefix,
  distKey,
  manifestKey,
  screenshotKey,
  sourceKey,
  type Manifest,
} from "@leo/core/artifact.ts";
import { apps, generations } from "../../src/db/schema.ts";
import { putObject, type TestApi } from "./api.ts";

export type Files = Record<string, string | Uint8Array>;

const listOf = (files: Files) =>
  Object.entries(files).map(([path, content]) => ({
    path,
    sizeBytes: Buffer.byteLength(content),
    sha256: createHash("sha256").update(content).digest("hex"),
  }));

/** Ends a queued generation as a completed version with these files in the bucket. */
export const completeGeneration = async (
  api: TestApi,
  generationId: string,
  {
    source = {},
    dist = {},
    screenshot,
    routes,
  }: { source?: Files; dist?: Files; screenshot?: Uint8Array; routes?: Manifest["routes"] },
): Promise<{ prefix: string; manifest: Manifest }> => {
  const { orm } = api.context.database;
  const [row] = await orm
    .select({ appId: generations.appId })
    .from(generations)
    .where(eq(generations.id, generationId));
  if (!row) throw new Error(`no generation ${generationId}`);
  const prefix = attemptPrefix(row.appId, generationId, 1);
  const manifest: Manifest = {
    version: 1,
    appId: row.appId,
    generationId,
    attempt: 1,
    source: listOf(source),
    dist: listOf(dist),
    ...(screenshot ? { screenshot: screenshotKey(prefix) } : {}),
    checks: [{ name: "build", result: "passed", durationMs: 12 }],
    ...(routes ? { routes } : {}),
  };
  for (const [path, content] of Object.entries(source))
    await putObject(api, sourceKey(prefix, path), content);
  for (const [path, content] of Object.entries(dist)) await putObject(api, distKey(prefix, path), content);
  if (screenshot) await putObject(api, screenshotKey(prefix), screenshot);
  await putObject(api, manifestKey(prefix), JSON.stringify(manifest));
  const at = new Date();
  await orm
    .update(generations)
    .set({ state: "completed", attempt: 1, startedAt: at, finishedAt: at, artifactPrefix: prefix, manifest })
    .where(eq(generations.id, generationId));
  return { prefix, manifest };
};

/** Ends a generation in a final state without a version. */
export const endGeneration = (api: TestApi, generationId: string, state: "failed" | "cancelled") =>
  api.context.database.orm
    .update(generations)
    .set({
      state,
      finishedAt: new Date(),
      failure: state === "failed" ? { code: "agent_error", message: "The agent failed." } : null,
    })
    .where(eq(generations.id, generationId));

export const setUpdatedAt = (api: TestApi, appId: string, updatedAt: Date) =>
  api.context.database.orm.update(apps).set({ updatedAt }).where(eq(apps.id, appId));
