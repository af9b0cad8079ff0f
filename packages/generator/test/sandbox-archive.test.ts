/** What the sandbox may send as an archive, and what is rejected as a whole. */
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { Header, Pax, type HeaderData } from "tar";
import { expect, test } from "vitest";
import { LIMITS } from "@leo/core/limits.ts";
import { ArchiveError, readArchive } from "../src/artifact/sandbox-archive.ts";
import { packCheckpoint } from "../src/artifact/checkpoint.ts";
import { saveVersion } from "../src/artifact/version.ts";
import { SandboxFault } from "../src/sandbox/fault.ts";
import { Sandbox } from "../src/sandbox/sandbox.ts";
import { PIECE_MAX_BYTES } from "../src/sandbox/protocol.ts";
import { message, piece, withHostileHost } from "./support/hostile-host.ts";
import { KEY } from "./support/sandbox.ts";
import { newStart } from "./support/start.ts";

const BLOCK = 512;
const padded = (content: Buffer) =>
  Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);

/** One entry as tar has it, with its PAX header where its name does not fit. */
const entry = (path: string, content = "", change: Partial<HeaderData> = {}): Buffer => {
  const data = Buffer.from(content);
  const attributes = {
    path,
    type: "File",
    size: data.length,
    mode: 0o644,
    mtime: new Date(0),
    ...change,
  } as const;
  const header = new Header(attributes);
  const needsPax = header.encode();
  const parts = [
    ...(needsPax ? [new Pax(attributes).encode()] : []),
    header.block ?? Buffer.alloc(0),
    padded(data),
  ];
  return Buffer.concat(parts);
};
const archive = (...entries: Buffer[]) => Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
/** The type's letter is put in by hand: the library writes no such header. */
const ofType = (letter: string, path = "workspace/a") => {
  const block = entry(path);
  block[156] = letter.charCodeAt(0);
  const sum = block
    .fill(" ", 148, 156)
    .subarray(0, BLOCK)
    .reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
};

const limits = { maxFiles: 100, maxBytes: 10_000, maxFileBytes: () => 5_000 };
const read = async (content: Buffer | Readable) => {
  const names: string[] = [];
  const stream = Buffer.isBuffer(content) ? Readable.from([content]) : content;
  await readArchive(stream, limits, async (each) => {
    names.push(each.path);
    await each.collect();
  });
  return names;
};

test("plain files are read in order, long and foreign names too, and none at all is an archive as well", async () => {
  const long = `workspace/${"a-long-folder/".repeat(20)}ü.ts`;
  expect(await read(archive(entry("workspace/a", "1"), entry("workspace/b"), entry(long, "3")))).toEqual([
    "workspace/a",
    "workspace/b",
    long,
  ]);
  expect(await read(archive())).toEqual([]);
});

test.for([
  ["a link", archive(entry("workspace/a", "", { type: "SymbolicLink", linkpath: "/etc/passwd" }))],
  ["a hard link", archive(entry("workspace/a", "", { type: "Link", linkpath: "workspace/b" }))],
  ["a folder", archive(entry("workspace/a/", "", { type: "Directory" }))],
  ["a device", archive(ofType("3"))],
  ["a block device", archive(ofType("4"))],
  ["a pipe", archive(ofType("6"))],
  ["a sparse file", archive(ofType("S"))],
  ["a type that nobody knows", archive(ofType("Z"))],
  ["a name that climbs", archive(entry("workspace/../../a", "x"))],
  ["an absolute name", archive(entry("/etc/passwd", "x"))],
  ["a name of 4,096 bytes", archive(entry(`workspace/${"x".repeat(4_096)}`, "x"))],
  ["a name header of 10 KB", archive(entry(`workspace/${"x".repeat(10_000)}`, "x"))],
  ["a name with a line feed", archive(entry("workspace/a\nb", "x"))],
  ["one name twice", archive(entry("workspace/a", "1"), entry("workspace/a", "2"))],
  ["a file in a file", archive(entry("workspace/a", "1"), entry("workspace/a/b", "2"))],
  ["a file in place of a folder", archive(entry("workspace/a/b", "1"), entry("workspace/a", "2"))],
  ["too large a file", archive(entry("workspace/a", "x".repeat(5_001)))],
  [
    "too much in all",
    archive(...["a", "b", "c"].map((name) => entry(`workspace/${name}`, "x".repeat(4_000)))),
  ],
  [
    "too many folders",
    archive(...Array.from({ length: 9 }, (_, i) => entry(`workspace/${i}/${"x/".repeat(60)}a`))),
  ],
  ["no end to a file", entry("workspace/a", "x".repeat(2_000)).subarray(0, 1_000)],
  ["a broken header", archive(entry("workspace/a").fill("x", 0, 20))],
  ["a compressed archive", gzipSync(archive(entry("workspace/a", "x")))],
  ["something after nothing", Buffer.concat([Buffer.alloc(2 * BLOCK), entry("workspace/a")])],
  ["nothing", Buffer.alloc(0)],
] as [string, Buffer][])("an archive with %s is rejected", async ([, content]) => {
  await expect(read(content)).rejects.toBeInstanceOf(ArchiveError);
});

/** Written as fast as it is taken. */
const endless = function* (make: (index: number) => Buffer) {
  for (let index = 0; ; index += 1) yield make(index);
};

test.for([
  ["empty files", (index: number) => entry(`workspace/${index}`)],
  ["zeros", () => Buffer.alloc(PIECE_MAX_BYTES)],
  [
    "zeros after a file",
    (index: number) => (index === 0 ? entry("workspace/a", "x") : Buffer.alloc(PIECE_MAX_BYTES)),
  ],
  ["folders", (index: number) => entry(`workspace/${index}/${"x/".repeat(100)}a`)],
] as const)("an archive of endless %s is cut soon", async ([, make]) => {
  let made = 0;
  const counted = (index: number) => {
    made += 1;
    return make(index);
  };
  await expect(read(Readable.from(endless(counted)))).rejects.toBeInstanceOf(ArchiveError);
  expect(made).toBeLessThan(2_000);
});

/** A driver's calls against a host that answers an export with this archive. */
const withExport = (content: Iterable<Buffer>, run: (sandbox: Sandbox) => Promise<void>) =>
  withHostileHost(
    {
      onRequest: (socket, { id, operation }) => {
        const say = (value: unknown) => socket.write(message({ type: "result", id, result: value }));
        if (operation === "has_session") return void say({ found: false });
        for (const part of content) socket.write(piece(id, part));
        socket.write(message({ type: "end", id, channel: "output" }));
        return void say({ rejected: [], rejectedCount: 0 });
      },
    },
    async ({ port }) => {
      const sandbox = await Sandbox.connect({ port, key: KEY });
      await run(sandbox);
      sandbox.close();
    },
  );

const CHECKPOINTS = { save: async () => ({ key: "k", sizeBytes: 1, sessionId: undefined }) };

const publish = async (sandbox: Sandbox) => {
  const stored = new Map<string, Buffer>();
  const warned: string[] = [];
  const manifest = await saveVersion({
    start: newStart({ artifact: { bucket: "none", prefix: "apps/a/g/1/" } }),
    sandbox,
    store: {
      create: async (key, body) => void stored.set(key, body),
      load: async () => undefined,
      close: () => undefined,
    },
    checkpoints: CHECKPOINTS,
    checks: [],
    screenshot: undefined,
    partial: false,
    report: (fact) => fact.type === "log" && warned.push(fact.text),
  });
  return { manifest, stored, warned };
};

test("a version has the files that were sent, with sizes and hashes of the driver's own", () =>
  withExport(
    [
      archive(
        entry("source/index.html", "<title>Todo &amp; more</title>"),
        entry("dist/a.js", "1"),
        entry("source/A", "x"),
      ),
    ],
    async (sandbox) => {
      const { manifest, stored } = await publish(sandbox);
      expect(manifest.title).toBe("Todo & more");
      expect(manifest.source.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
        ["A", 1],
        ["index.html", 30],
      ]);
      expect(stored.get("apps/a/g/1/dist/a.js")?.toString()).toBe("1");
    },
  ));

test("of two names that are one elsewhere the second is left out and named", () =>
  withExport(
    [
      archive(
        entry("source/README.md", "1"),
        entry("source/readme.md", "2"),
        entry("source/\u00fc", "3"),
        entry("source/u\u0308", "4"),
        entry("source/README.MD/x", "5"),
        entry("dist/readme.md", "6"),
      ),
    ],
    async (sandbox) => {
      const { manifest, warned } = await publish(sandbox);
      expect(manifest.source.map(({ path }) => path)).toEqual(["README.md", "\u00fc"]);
      expect(manifest.dist.map(({ path }) => path)).toEqual(["readme.md"]);
      expect(warned).toEqual(
        ["readme.md", "u\u0308", "README.MD/x"].map(
          (path) => `Not stored: ${path} (on a Mac it would take the place of another file)`,
        ),
      );
    },
  ));

test.for([
  ["a file outside of a version", [archive(entry("home/.npmrc", "x"))]],
  ["an environment file", [archive(entry("source/.env", "SECRET=1"))]],
  ["a link", [archive(entry("source/a", "", { type: "SymbolicLink", linkpath: "/etc/passwd" }))]],
] as [string, Buffer[]][])("a sandbox that sends %s stores no manifest", ([, content]) =>
  withExport(content, async (sandbox) => {
    await expect(publish(sandbox)).rejects.toBeInstanceOf(SandboxFault);
  }),
);

test("100,000 empty files are rejected before a tenth of them has been read", () =>
  withExport(
    Array.from({ length: 1_000 }, (_folder, index) =>
      Buffer.concat(Array.from({ length: 100 }, (_file, part) => entry(`source/${index}-${part}`))),
    ),
    async (sandbox) => {
      await expect(publish(sandbox)).rejects.toThrow(`more than ${2 * LIMITS.artifactMaxFiles} files`);
    },
  ));

test("a checkpoint takes files of the workspace and the session that it asked for, and nothing else", () =>
  withExport([archive(entry("workspace/a", "x"), entry("session.jsonl", "{}"))], async (sandbox) => {
    await expect(packCheckpoint(sandbox, {})).rejects.toThrow('"session.jsonl" is no part');
  }));
