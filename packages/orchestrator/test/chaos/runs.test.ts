/** kill -9 of a driver or a sandbox, at any point of a run of the real generator: the work is there afterwards. */
import { expect, test } from "vitest";
import type { z } from "zod";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { FileList } from "@leo/core/api.ts";
import { APPS_PREFIX, type ArtifactFile } from "@leo/core/artifact.ts";
import type { Event } from "@leo/core/event.ts";
import { isFinal, type Generation } from "@leo/core/generation.ts";
import { until } from "@leo/local/testing/until.ts";
import { LONG, SCALE } from "./scale.ts";
import { seededRandom } from "./seed.ts";
import { withRealRuns, type RealLeo } from "../support/real-runs.ts";

/** With about how many events a run has that nobody kills. The long version has the pace of a model and the real interval, so that a run is several checkpoints long. */
const PACE = LONG
  ? { paceMs: 80, intervalMs: 15_000, events: 300 }
  : { paceMs: 2, intervalMs: 500, events: 80 };
/** What docs/lifecycle.md promises of a run that dies without a word. */
const DRAFT_AGE_MAX_MS = 15_000;
const STEP_MS = 240_000;

interface Kill {
  container: "leo" | "sandbox";
  /** How much of a whole run's events come before it, from 0 to 1. */
  at: number;
}

const endOf = (leo: RealLeo, id: string) =>
  until(
    "the run's end",
    async () => {
      const generation = await leo.generation(id);
      return isFinal(generation.state) && generation;
    },
    STEP_MS,
  );

/** @returns when the attempt was killed; undefined when the run was over before */
const kill = async (leo: RealLeo, id: string, attempt: number, { container, at }: Kill) => {
  const target = await leo.container(container, id, attempt);
  const killAfter = (await leo.generation(id)).lastSeq + at * PACE.events;
  const seen = await until(
    `event ${killAfter} of attempt ${attempt}`,
    async () => {
      const generation = await leo.generation(id);
      return (isFinal(generation.state) || generation.lastSeq >= killAfter) && generation;
    },
    STEP_MS,
  );
  if (isFinal(seen.state)) return undefined;
  const killedAtMs = Date.now();
  target.run.signal("SIGKILL");
  await target.run.exited;
  return killedAtMs;
};

const filesOf = async (leo: RealLeo, id: string): Promise<ArtifactFile[]> => {
  const answer = await leo.request("GET", `/api/generations/${id}/files`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as z.infer<typeof FileList>).source;
};

/** How old a change was, at most, when a kill lost it. */
const ageOf = (files: ArtifactFile[], events: Event[], killedAtMs: number[]): number => {
  const sizes = new Map(files.map(({ path, sizeBytes }) => [path, sizeBytes]));
  const changes = events.filter((event) => event.type === "file_changed");
  const lost = [...new Set(changes.map(({ path }) => path))].flatMap((path) => {
    const own = changes.filter((change) => change.path === path);
    return own[own.findLastIndex(({ sizeBytes }) => sizeBytes === sizes.get(path)) + 1] ?? [];
  });
  const ages = lost.map(({ at }) => (killedAtMs.find((ms) => ms >= Date.parse(at)) ?? 0) - Date.parse(at));
  return Math.max(0, ...ages);
};

const hasCheckpoint = async ({ bucket }: RealLeo, { appId, id }: Generation): Promise<boolean> => {
  const s3 = new S3Client(bucket.clientConfig);
  const listed = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: `${APPS_PREFIX}${appId}/${id}/` }),
  );
  s3.destroy();
  return (listed.Contents ?? []).some(({ Key = "" }) => Key.includes("/checkpoint/"));
};

/** Whatever a run has stored is its draft, every file of which can be read. @returns its files */
const draftOf = async (leo: RealLeo, ended: Generation): Promise<ArtifactFile[]> => {
  if (!(await hasCheckpoint(leo, ended))) return [];
  await until("the draft", async () => (await leo.generation(ended.id)).hasDraft, STEP_MS);
  const files = await filesOf(leo, ended.id);
  for (const { path, sizeBytes } of files) {
    const answer = await leo.request("GET", `/api/generations/${ended.id}/files/${path}`);
    expect([path, answer.status, (await answer.bytes()).length]).toEqual([path, 200, sizeBytes]);
  }
  return files;
};

const goesOn = async (leo: RealLeo, { id, appId }: Generation, files: ArtifactFile[]): Promise<void> => {
  const path = `/api/apps/${appId}/generations`;
  const next = (await (await leo.request("POST", path, { prompt: "make it teal" })).json()) as Generation;
  expect(next.baseGenerationId).toBe(id);
  const { state, failure } = await endOf(leo, next.id);
  expect([state, failure]).toEqual(["completed", undefined]);
  const made = new Set((await filesOf(leo, next.id)).map((file) => file.path));
  expect(files.filter((file) => !made.has(file.path))).toEqual([]);
};

/** Kills one attempt after the other. */
const die = async (leo: RealLeo, kills: Kill[]): Promise<{ state: string; told: string }> => {
  const { id } = await leo.submit("a todo list");
  const killedAtMs: number[] = [];
  for (const [index, each] of kills.entries()) {
    const atMs = await kill(leo, id, index + 1, each);
    if (atMs === undefined) break;
    killedAtMs.push(atMs);
  }
  const ended = await endOf(leo, id);
  const told = kills.map(({ container, at }) => `${container} at ${Math.round(at * 100)} %`).join(", ");
  const { state, attempt, failure } = ended;
  if (state === "completed") return { state, told: `${told}: completed in attempt ${attempt}` };
  expect([state, attempt]).toEqual(["failed", 2]);
  const files = await draftOf(leo, ended);
  const ageMs = ageOf(files, await leo.events(id), killedAtMs);
  expect(ageMs).toBeLessThanOrEqual(DRAFT_AGE_MAX_MS);
  await goesOn(leo, ended, files);
  return { state, told: `${told}: ${failure?.code}, draft of ${files.length} files, ${ageMs} ms lost` };
};

test(
  "whatever is killed, and whenever: its draft is there, and the next run goes on",
  { timeout: SCALE.timeoutMs },
  () =>
    withRealRuns(
      {
        model: { paceMs: PACE.paceMs },
        environment: { LEO_CHROMIUM: "/nowhere", LEO_CHECKPOINT_INTERVAL_MS: String(PACE.intervalMs) },
        settings: { LEO_RECONCILE_INTERVAL_MS: "1000", LEO_TASK_SETTLE_MS: "1000" },
      },
      async (leo) => {
        const random = seededRandom();
        const some = (most = 1): Kill => ({
          container: random() < 0.5 ? "leo" : "sandbox",
          at: random() * most,
        });
        for (let kills = 0; kills < SCALE.kills; kills += 3) {
          const first = some();
          // What is left of the work is short.
          const [twice, once] = await Promise.all([
            die(leo, [first, some(1 - first.at)]),
            die(leo, [some()]),
          ]);
          console.log(`${twice.told}\n${once.told}`);
          expect(["failed", "completed"]).toContain(twice.state);
          expect(once.state).toBe("completed");
        }
      },
    ),
);
