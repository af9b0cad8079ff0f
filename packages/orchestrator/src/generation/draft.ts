/**
 * The draft of a run that ended without a word: its generator was killed, or its machine went away. What is
 * left is its newest checkpoint, an archive. Its files are stored one by one, as an upload would have, so
 * that they can be read, compared, downloaded and continued from like those of any other draft.
 */
import { createHash } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import { attemptPrefix, Manifest, sourceKey, type ArtifactFile } from "@leo/core/artifact.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../app-context.ts";
import { isFree, leaseUntil } from "../db/lease.ts";
import { tx } from "../db/tx.ts";
import { generations } from "../db/schema.ts";
import { CheckpointError, unpackCheckpoint } from "./checkpoint.ts";
import { appendFacts } from "../events/append.ts";
import { withIds } from "../telemetry/log.ts";
import { checkpointsOf, type FoundArtifact, type StoredCheckpoint } from "../version/artifact.ts";
import type { GenerationRow } from "./transition.ts";

type Ended = Pick<GenerationRow, "id" | "appId" | "attempt">;

/** Damaged ones are passed over for older ones, but not for ever. */
const CHECKPOINTS_TRIED = 3;
/** Files are held until there are this many of them, or this much: the whole need not fit into memory. */
const BATCH_FILES = 16;
const BATCH_BYTES = LIMITS.fileMaxBytes;

/** The condition of the index `generations_draft_unsought`, as literals: a partial index is of no use to a parameter. */
const UNSOUGHT = sql`${generations.state} in ('failed', 'cancelled') and ${generations.attempt} > 0
  and ${generations.manifest} is null and ${generations.draftSoughtAt} is null and ${generations.purgedAt} is null`;

/** Takes the lease on ended runs whose checkpoints nobody has looked at. @param id of the only one that is wanted */
const claimEnded = (context: Context, limit: number, id?: string): Promise<Ended[]> => {
  const at = context.now();
  const { orm } = context.database;
  const wanted = orm
    .select({ id: generations.id })
    .from(generations)
    .where(
      and(
        UNSOUGHT,
        isFree(generations.saveLeaseUntil, at),
        id === undefined ? undefined : eq(generations.id, id),
      ),
    )
    .limit(limit)
    .for("update", { skipLocked: true });
  return orm
    .update(generations)
    .set({ saveLeaseUntil: leaseUntil(at, context.config.LEO_FINALIZE_LEASE_MS) })
    .where(sql`${generations.id} in ${wanted}`)
    .returning({ id: generations.id, appId: generations.appId, attempt: generations.attempt });
};

/** Stores files a few at a time. */
class FileStore {
  readonly files: ArtifactFile[] = [];
  readonly #storage: Context["storage"];
  readonly #prefix: string;
  #batch: { path: string; content: Buffer }[] = [];
  #batchBytes = 0;
  #totalBytes = 0;

  constructor(storage: Context["storage"], prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /** What a version has no room for is left out, as the generator leaves it out. */
  async add(path: string, content: Buffer): Promise<void> {
    const fits =
      this.files.length < LIMITS.artifactMaxFiles &&
      this.#totalBytes + content.length <= LIMITS.artifactMaxBytes;
    if (!fits) return;
    const sha256 = createHash("sha256").update(content).digest("hex");
    this.files.push({ path, sizeBytes: content.length, sha256 });
    this.#batch.push({ path, content });
    this.#totalBytes += content.length;
    this.#batchBytes += content.length;
    if (this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const batch = this.#batch.splice(0);
    this.#batchBytes = 0;
    await Promise.all(
      batch.map(({ path, content }) => this.#storage.write(sourceKey(this.#prefix, path), content)),
    );
  }
}

/** @throws CheckpointError when the archive is damaged or passes a limit */
const storeFiles = async (
  { storage }: Context,
  { id, appId }: Ended,
  { key, sizeBytes, attempt }: StoredCheckpoint,
): Promise<FoundArtifact | undefined> => {
  if (sizeBytes > LIMITS.artifactMaxBytes) throw new CheckpointError(`it has ${sizeBytes} bytes`);
  const object = await storage.read(key, { maxBytes: LIMITS.artifactMaxBytes });
  if (!object) return undefined;
  const prefix = attemptPrefix(appId, id, attempt);
  const store = new FileStore(storage, prefix);
  const { sessionId } = await unpackCheckpoint(object.body, (path, content) => store.add(path, content));
  await store.flush();
  const manifest = Manifest.parse({
    version: 1,
    appId,
    generationId: id,
    attempt,
    source: store.files,
    dist: [],
    checkpoint: { key, sizeBytes, sessionId },
    checks: [],
    partial: true,
  });
  return { prefix, manifest };
};

const findDraft = async (context: Context, run: Ended): Promise<FoundArtifact | undefined> => {
  let tried = 0;
  for await (const checkpoint of checkpointsOf(context, run, run.attempt)) {
    try {
      return await storeFiles(context, run, checkpoint);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      const { key } = checkpoint;
      context.log.warn(
        { event: "checkpoint_rejected", key, reason: error.message },
        "a checkpoint was rejected",
      );
    }
    tried += 1;
    if (tried === CHECKPOINTS_TRIED) return undefined;
  }
  return undefined;
};

const saveDraft = async (context: Context, run: Ended): Promise<void> => {
  const draft = await findDraft(context, run);
  await tx(context, async ({ orm }) => {
    const at = context.now();
    const [saved] = await orm
      .update(generations)
      .set({
        draftSoughtAt: at,
        ...(draft && { artifactPrefix: draft.prefix, manifest: draft.manifest }),
      })
      .where(and(eq(generations.id, run.id), isNull(generations.manifest), isNull(generations.purgedAt)))
      .returning({ id: generations.id });
    if (!saved || !draft) return;
    await appendFacts(orm, run.id, [{ type: "draft_saved", fileCount: draft.manifest.source.length }], at);
  });
};

/**
 * Makes drafts of what ended runs have left. Safe to repeat, and to run in several processes at once: a run is
 * one process's until its lease has passed.
 * @param id of the only run to look at
 */
export const saveDrafts = async (context: Context, id?: string): Promise<void> => {
  for (;;) {
    const [run] = await claimEnded(context, 1, id);
    if (!run) return;
    await withIds({ generationId: run.id }, () => saveDraft(context, run));
  }
};
