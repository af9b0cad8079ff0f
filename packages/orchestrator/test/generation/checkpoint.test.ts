/** Checkpoints as the orchestrator reads them: a generator wrote them, so nothing in them is believed. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { LIMITS } from "@leo/core/limits.ts";
import { CheckpointError, unpackCheckpoint } from "../../src/generation/checkpoint.ts";
import { archiveOf, checkpointOf, type ArchiveEntry } from "../support/checkpoint-archive.ts";

const SESSION_ID = "0197c1d2-0000-7000-8000-000000000001";

const unpack = async (archive: Buffer) => {
  const files: Record<string, string> = {};
  const { sessionId } = await unpackCheckpoint(
    new Blob([new Uint8Array(archive)]).stream(),
    async (path, content) => {
      files[path] = content.toString("utf8");
    },
  );
  return { files, sessionId };
};

test("the files of the workspace come one by one, with the agent's session", async () => {
  const files = { "index.html": "<p>hello", "src/App.tsx": "export {};", "src/empty.css": "" };
  expect(await unpack(checkpointOf(files, SESSION_ID))).toEqual({ files, sessionId: SESSION_ID });
  expect(await unpack(checkpointOf({}))).toEqual({ files: {}, sessionId: undefined });
});

test("of many large files, each waits for the one before it", async () => {
  const large = "x".repeat(3 * 1024 * 1024);
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, number) => [`${number}.txt`, large]));
  const archive = checkpointOf(files);
  let open = 0;
  const seen: string[] = [];
  await unpackCheckpoint(new Blob([new Uint8Array(archive)]).stream(), async (path, content) => {
    open += 1;
    expect(open).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(content.length).toBe(large.length);
    seen.push(path);
    open -= 1;
  });
  expect(seen).toEqual(Object.keys(files));
});

const hostile: [string, ArchiveEntry][] = [
  ["a symbolic link", { path: "workspace/link", type: "SymbolicLink", linkpath: "/etc/passwd" }],
  ["a hard link", { path: "workspace/link", type: "Link", linkpath: "/etc/passwd" }],
  ["a device", { path: "workspace/zero", type: "CharacterDevice" }],
  ["a path that leaves", { path: "workspace/../../etc/passwd", content: "x" }],
  ["an absolute path", { path: "/etc/passwd", content: "x" }],
  ["a path with a backslash", { path: "workspace/a\\b", content: "x" }],
  ["another folder", { path: "elsewhere/a", content: "x" }],
  ["an environment file", { path: "workspace/.env.local", content: "KEY=1" }],
  ["a second file of one name", { path: "workspace/kept.txt", content: "other" }],
  ["a file whose name differs in case only", { path: "workspace/KEPT.txt", content: "other" }],
  ["a file in what is a file", { path: "workspace/Kept.txt/inside", content: "other" }],
  ["a file that is too large", { path: "workspace/big", content: Buffer.alloc(LIMITS.fileMaxBytes + 1) }],
];
test.for(hostile)("%s is dropped and the rest is kept", async ([, entry]) => {
  const archive = archiveOf([
    { path: "workspace/kept.txt", content: "kept" },
    entry,
    { path: "workspace/last.txt", content: "last" },
  ]);
  expect((await unpack(archive)).files).toEqual({ "kept.txt": "kept", "last.txt": "last" });
});

const many = Array.from({ length: LIMITS.artifactMaxFiles + 1_001 }, (_, number) => ({
  path: `workspace/${number}`,
}));
test.for<[string, () => Buffer]>([
  ["is not gzip", () => Buffer.from("no archive at all")],
  ["is empty", () => Buffer.alloc(0)],
  ["is gzip of something else", () => gzipSync("no tar at all".repeat(100))],
  ["is cut in the middle", () => checkpointOf({ "a.txt": "a".repeat(100_000) }).subarray(0, 200)],
  ["is packed twice", () => gzipSync(checkpointOf({ "a.txt": "a" }))],
  ["has too many entries", () => archiveOf(many)],
  ["does not say what it is", () => archiveOf([{ path: "checkpoint.json", content: "{" }])],
  ["is endless zeros", () => gzipSync(Buffer.alloc(2 * LIMITS.artifactMaxBytes + 1))],
])("an archive that %s is rejected", async ([, archive]) => {
  await expect(unpack(archive())).rejects.toThrow(CheckpointError);
});

test("an error of the reader ends the work and is passed on", async () => {
  const archive = checkpointOf({ "a.txt": "a", "b.txt": "b" });
  const body = new Blob([new Uint8Array(archive)]).stream();
  await expect(unpackCheckpoint(body, () => Promise.reject(new Error("the bucket is away")))).rejects.toThrow(
    "the bucket is away",
  );
});
