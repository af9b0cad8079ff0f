/** What a run that did not complete leaves, and what the next one goes on from. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { attemptPrefix, checkpointKey, distKey, sourceKey, type Manifest } from "@leo/core/artifact.ts";
import { failure, type FailureCode } from "@leo/core/failure.ts";
import type { Generation } from "@leo/core/generation.ts";
import { checkpointOf } from "../support/checkpoint-archive.ts";
import { until } from "@leo/local/testing/until.ts";
import { openGeneratorSocket } from "../support/orchestrator.ts";
import { raw } from "../support/raw.ts";
import { sharedOrchestrator, type SharedOrchestrator } from "../support/shared-orchestrator.ts";

const withShared = sharedOrchestrator();
const SHA = "0".repeat(64);

const put = async (leo: SharedOrchestrator, key: string, body: string | Buffer) => {
  const s3 = new S3Client(leo.bucket.clientConfig);
  await s3.send(new PutObjectCommand({ Bucket: leo.bucket.bucket, Key: key, Body: body }));
  s3.destroy();
};

const uploadCheckpoint = (
  leo: SharedOrchestrator,
  { appId, id }: Generation,
  attempt: number,
  number = 1,
  content: string | Buffer = "state",
) => put(leo, checkpointKey(attemptPrefix(appId, id, attempt), number), content);

/** What a generator uploads when its run ends early: files, built files and its state. */
const uploadDraft = async (
  leo: SharedOrchestrator,
  generation: Generation,
  attempt = 1,
  { partial = true, sessionId = "s-1" }: { partial?: boolean; sessionId?: string } = {},
) => {
  const prefix = attemptPrefix(generation.appId, generation.id, attempt);
  await put(leo, sourceKey(prefix, "src/App.tsx"), "half of it");
  await put(leo, distKey(prefix, "index.html"), "<p>half");
  await uploadCheckpoint(leo, generation, attempt);
  const changes: Partial<Manifest> = {
    source: [{ path: "src/App.tsx", sizeBytes: 10, sha256: SHA }],
    dist: [{ path: "index.html", sizeBytes: 7, sha256: SHA }],
    checkpoint: { key: checkpointKey(prefix, 1), sizeBytes: 5, sessionId },
    ...(partial ? { partial } : {}),
  };
  await leo.putManifest(generation, attempt, changes);
};

const begin = async (leo: SharedOrchestrator, generation: Generation, attempt = 1) => {
  const task = await leo.task(generation.id, attempt);
  const generator = await openGeneratorSocket(task.url, task.token);
  generator.send({ type: "ready", protocol: 1, started: false });
  const start = await generator.first("start_generation");
  return { task, generator, start };
};

const post = async (leo: SharedOrchestrator, path: string, body?: object) => {
  const answer = await leo.request("POST", path, body);
  expect(answer.status).toBe(201);
  return (await answer.json()) as Generation;
};

const fail = async (leo: SharedOrchestrator, generation: Generation, code: FailureCode) => {
  const { task, generator } = await begin(leo, generation);
  await uploadDraft(leo, generation);
  generator.send({
    type: "messages",
    messages: [{ n: 1, type: "all_work_complete", failure: failure(code) }],
  });
  const ended = await leo.reaches(generation.id, "failed");
  task.exit(0);
  return ended;
};

const cancel = async (leo: SharedOrchestrator, { id }: Generation) => {
  await leo.request("POST", `/api/generations/${id}/cancel`);
  (await leo.task(id)).exit(0);
  return leo.reaches(id, "cancelled");
};

const textOf = async (leo: SharedOrchestrator, path: string) => (await leo.request("GET", path)).text();

const SESSION_ID = "0197c1d2-0000-7000-8000-000000000001";

/** Both attempts upload what `checkpoints` names and are killed. */
const crash = async (leo: SharedOrchestrator, generation: Generation, checkpoints: (string | Buffer)[]) => {
  for (const attempt of [1, 2]) {
    const { task } = await begin(leo, generation, attempt);
    if (attempt === 2) {
      for (const [index, content] of checkpoints.entries())
        await uploadCheckpoint(leo, generation, attempt, index + 1, content);
    }
    task.exit(137);
  }
  await leo.reaches(generation.id, "failed");
};

const draftSaved = ({ database }: SharedOrchestrator, { id }: Generation) =>
  until("the draft", async () => {
    const query = "select manifest from leo.generations where id = $1 and manifest is not null";
    return (await database.pool.query(query, [id])).rows.length > 0;
  });

/** Ends a run early; what it had made is its draft. */
type End = (leo: SharedOrchestrator, generation: Generation) => Promise<unknown>;

const failedAs =
  (code: FailureCode): End =>
  (leo, generation) =>
    fail(leo, generation, code);

const cancelled: End = async (leo, generation) => {
  const { task, generator } = await begin(leo, generation);
  await leo.request("POST", `/api/generations/${generation.id}/cancel`);
  await generator.first("cancel");
  await uploadDraft(leo, generation);
  task.exit(0);
  await leo.reaches(generation.id, "cancelled");
};

const killed: End = async (leo, generation) => {
  await crash(leo, generation, [checkpointOf({ "src/App.tsx": "half of it" }, SESSION_ID)]);
  await draftSaved(leo, generation);
};

const ENDS: [string, End][] = [
  ...(["budget", "deadline", "agent_error", "disk_full", "verify_failed", "declined"] as const).map(
    (code): [string, End] => [`failed as ${code}`, failedAs(code)],
  ),
  ["was cancelled", cancelled],
  ["was killed", killed],
];

const finish = async (leo: SharedOrchestrator, generation: Generation) => {
  const { task, generator } = await begin(leo, generation);
  await uploadDraft(leo, generation, 1, { partial: false, sessionId: "first" });
  generator.send({ type: "messages", messages: [{ n: 1, type: "all_work_complete" }] });
  await leo.reaches(generation.id, "completed");
  task.exit(0);
};

/** What the generator of a new run gets to begin with. */
const previousOf = async (leo: SharedOrchestrator, path: string, body?: object) => {
  const next = await post(leo, path, body);
  const { previous } = (await begin(leo, next)).start;
  await cancel(leo, next);
  return previous;
};

test.for(ENDS)("after a run that %s, the next one begins where the user says", ([, end]) =>
  withShared(async (leo) => {
    const version = await leo.submit();
    await finish(leo, version);
    const runs = `/api/apps/${version.appId}/generations`;
    const run = await post(leo, runs, { prompt: "more of it" });
    await end(leo, run);
    const { hasDraft } = await leo.generation(run.id);
    expect(hasDraft).toBe(true);
    expect(await textOf(leo, `/api/generations/${run.id}/files/src/App.tsx`)).toBe("half of it");
    expect((await leo.request("GET", `/api/generations/${run.id}/archive.zip`)).status).toBe(200);
    expect((await leo.request("GET", `/api/generations/${run.id}/diff?base=${version.id}`)).status).toBe(200);

    const draft = { generationId: run.id, sessionId: end === killed ? SESSION_ID : "s-1" };
    const first = { generationId: version.id, kind: "version", sessionId: "first" };
    const followUp = await previousOf(leo, runs, { prompt: "go on" });
    expect(followUp).toMatchObject({ ...draft, kind: "version" });
    const fix = await previousOf(leo, runs, { prompt: "fix it", baseGenerationId: run.id });
    expect(fix).toMatchObject({ ...draft, kind: "version" });
    const again = await previousOf(leo, `/api/generations/${run.id}/retry`);
    expect(again).toMatchObject({ ...draft, kind: "checkpoint" });
    expect(await previousOf(leo, `/api/generations/${run.id}/retry?startOver=true`)).toMatchObject(first);
    const fromVersion = { prompt: "differently", baseGenerationId: version.id };
    expect(await previousOf(leo, runs, fromVersion)).toMatchObject(first);
    expect(await previousOf(leo, runs, { prompt: "anew", startOver: true })).toBeUndefined();
    expect((await fetch(followUp?.checkpointUrl ?? "")).status).toBe(200);
  }),
);

test("trying again goes on with the same work; starting over begins where the run began", () =>
  withShared(async (leo) => {
    const generation = await leo.submit();
    await fail(leo, generation, "budget");
    const again = await post(leo, `/api/generations/${generation.id}/retry`);
    expect((await begin(leo, again)).start.previous).toMatchObject({
      generationId: generation.id,
      kind: "checkpoint",
      sessionId: "s-1",
    });
    await cancel(leo, again);

    const over = await post(leo, `/api/generations/${generation.id}/retry?startOver=true`);
    expect((await begin(leo, over)).start.previous).toBeUndefined();
    await cancel(leo, over);

    const body = { prompt: "from nothing", startOver: true };
    const fresh = await post(leo, `/api/apps/${generation.appId}/generations`, body);
    expect(fresh.baseGenerationId).toBeUndefined();
    expect((await begin(leo, fresh)).start.previous).toBeUndefined();
  }));

test("of a run that crashed, the newest checkpoint is gone on from", () =>
  withShared(async (leo) => {
    const generation = await leo.submit();
    for (const attempt of [1, 2]) {
      const { task } = await begin(leo, generation, attempt);
      await uploadCheckpoint(leo, generation, attempt, 1);
      await uploadCheckpoint(leo, generation, attempt, 2);
      task.exit(137);
    }
    await leo.reaches(generation.id, "failed");
    const next = await post(leo, `/api/apps/${generation.appId}/generations`, { prompt: "go on" });
    const { start } = await begin(leo, next);
    expect(start.previous?.checkpointUrl).toContain(
      checkpointKey(attemptPrefix(generation.appId, generation.id, 2), 2),
    );
  }));

test("what a run that was killed had last stored becomes its draft by itself", () =>
  withShared(async (leo) => {
    const generation = await leo.submit();
    const older = checkpointOf({ "src/App.tsx": "a quarter of it" }, SESSION_ID);
    const newer = checkpointOf({ "src/App.tsx": "half of it", "logo.bin": "\u0000\u0001" }, SESSION_ID);
    await crash(leo, generation, [older, newer]);
    await draftSaved(leo, generation);
    expect(await textOf(leo, `/api/generations/${generation.id}/files/src/App.tsx`)).toBe("half of it");
    expect((await leo.request("GET", `/api/generations/${generation.id}/archive.zip`)).status).toBe(200);
    const page = await textOf(leo, `/api/generations/${generation.id}/events`);
    expect(page).toContain('"type":"draft_saved","fileCount":2');
    const next = await post(leo, `/api/apps/${generation.appId}/generations`, { prompt: "go on" });
    expect((await begin(leo, next)).start.previous).toMatchObject({
      generationId: generation.id,
      kind: "version",
      sessionId: SESSION_ID,
    });
  }));

test("a checkpoint that is no archive is passed over for an older one", () =>
  withShared(async (leo) => {
    const generation = await leo.submit();
    await crash(leo, generation, [checkpointOf({ "src/App.tsx": "whole" }), "torn"]);
    await draftSaved(leo, generation);
    expect(await textOf(leo, `/api/generations/${generation.id}/files/src/App.tsx`)).toBe("whole");
  }));

test("the draft of a killed run is made by another orchestrator when the one that saw its end died", () =>
  withShared(async (leo) => {
    const generation = await leo.submit();
    await crash(leo, generation, [checkpointOf({ "src/App.tsx": "whole" })]);
    await draftSaved(leo, generation);
    // As a process leaves it that ended the run and was killed before it had looked for a draft.
    await leo.database.pool.query(
      `update leo.generations set manifest = null, artifact_prefix = null, draft_sought_at = null,
         publish_lease_until = now() - interval '1 second' where id = $1`,
      [generation.id],
    );
    await draftSaved(leo, generation);
    expect(await textOf(leo, `/api/generations/${generation.id}/files/src/App.tsx`)).toBe("whole");
  }));

test("a run that left nothing is passed over for what it had begun with", () =>
  withShared(async (leo) => {
    const first = await leo.submit();
    await fail(leo, first, "budget");
    const empty = await post(leo, `/api/apps/${first.appId}/generations`, { prompt: "more" });
    await begin(leo, empty);
    await cancel(leo, empty);
    expect((await leo.generation(empty.id)).hasDraft).toBeUndefined();
    const next = await post(leo, `/api/apps/${first.appId}/generations`, { prompt: "go on" });
    const { start } = await begin(leo, next);
    expect(start.previous).toMatchObject({ generationId: first.id, sessionId: "s-1" });
  }));

test("a draft is its owner's alone: a share link does not show it", () =>
  withShared(async (leo) => {
    const generation = await leo.submit();
    const { previewUrl = "" } = await fail(leo, generation, "budget");
    const [ownToken = ""] = /leo_pv_[\w-]{43}/.exec(previewUrl) ?? [];
    const share = await leo.request("POST", `/api/apps/${generation.appId}/shares`, {});
    const [shareToken = ""] = /leo_\w\w_[\w-]{43}/.exec(((await share.json()) as { url: string }).url) ?? [];
    expect(shareToken).not.toBe("");
    const statusWith = async (token: string) => {
      const headers = { host: `${generation.id}.localhost:5013`, cookie: `__Host-leo-preview=${token}` };
      return (await raw(leo.orchestrator.url, "/", { headers })).status;
    };
    expect(await statusWith(ownToken)).toBe(200);
    expect(await statusWith(shareToken)).toBe(404);
    const other = await leo.anotherUser();
    expect((await other.request("GET", `/api/generations/${generation.id}/files`)).status).toBe(404);
  }));
