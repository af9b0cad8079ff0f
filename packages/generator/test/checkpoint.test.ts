import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { create, list } from "tar";
import { expect, test } from "vitest";
import { packCheckpoint, restoreCheckpoint } from "../src/artifact/checkpoint.ts";
import { sessionFile } from "../src/workspace/session.ts";
import { withSandbox } from "./support/sandbox.ts";

const signal = new AbortController().signal;

const withDownload = async (content: Buffer, run: (url: string) => Promise<void>) => {
  const server = createServer((_request, response) => response.end(content)).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/checkpoint.tar.gz`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

const write = async (path: string, content: string) => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** All but the packages that a restored workspace is given. */
const filesIn = async (directory: string) => {
  const names = await readdir(directory, { recursive: true });
  return names.filter((name) => !name.startsWith("node_modules"));
};

const entriesOf = async (content: Buffer, file: string) => {
  const names: string[] = [];
  await writeFile(file, content);
  await list({ file, onReadEntry: (entry) => void names.push(entry.path) });
  return names.toSorted();
};

test("a checkpoint holds files and session, and is restored elsewhere with the new paths", () =>
  withSandbox((fromSandbox, from) =>
    withSandbox(async (toSandbox, to) => {
      const sessionId = "0163854e-b818-413e-bb61-49dc31049b1f";
      await write(join(from.workspace, "src/App.tsx"), "app");
      await write(join(from.workspace, "src/name with @ and ü.ts"), "odd");
      await write(join(from.workspace, "node_modules/x/index.js"), "x");
      await write(join(from.workspace, "dist/index.html"), "x");
      await write(join(from.workspace, ".env"), "SECRET=1");
      await symlink("/etc/passwd", join(from.workspace, "passwd"));
      await write(sessionFile(from, sessionId), JSON.stringify({ path: `${from.workspace}/src/App.tsx` }));

      const { content } = await packCheckpoint(fromSandbox, { sessionId, planAccepted: true });
      expect(await entriesOf(content, join(from.temporary, "a.tar.gz"))).toEqual([
        "checkpoint.json",
        "session.jsonl",
        "workspace/src/App.tsx",
        "workspace/src/name with @ and ü.ts",
      ]);

      await write(join(to.workspace, "starter"), "gone after");
      await withDownload(content, async (url) => {
        expect(await restoreCheckpoint(toSandbox, url, signal)).toEqual({ sessionId, planAccepted: true });
      });
      expect((await filesIn(to.workspace)).toSorted()).toEqual([
        "src",
        "src/App.tsx",
        "src/name with @ and ü.ts",
      ]);
      const transcript = await readFile(sessionFile(to, sessionId), "utf8");
      expect(transcript).toBe(JSON.stringify({ path: `${to.workspace}/src/App.tsx` }));
      expect((await readdir(to.root)).toSorted()).toEqual(["home", "tmp", "workspace"]);
    }),
  ));

test("a checkpoint without a session or a file is one as well", () =>
  withSandbox((fromSandbox) =>
    withSandbox(async (toSandbox, to) => {
      const { content } = await packCheckpoint(fromSandbox, {
        sessionId: "0163854e-b818-413e-bb61-49dc31049b1f",
      });
      await withDownload(content, async (url) => {
        expect(await restoreCheckpoint(toSandbox, url, signal)).toEqual({});
      });
      expect(await filesIn(to.workspace)).toEqual([]);
    }),
  ));

test("links and paths that climb are left out of what is restored", () =>
  withSandbox((_, from) =>
    withSandbox(async (toSandbox, to) => {
      const odd = join(from.root, "odd");
      await write(join(odd, "checkpoint.json"), JSON.stringify({ version: 1, workspace: "/w" }));
      await write(join(odd, "workspace/ok.ts"), "ok");
      await write(join(odd, "home/.claude/settings.json"), "{}");
      await symlink("/etc", join(odd, "workspace/etc"));
      const names = [
        "checkpoint.json",
        "workspace/ok.ts",
        "workspace/etc",
        "home/.claude/settings.json",
        "climb",
      ];
      await write(join(odd, "climb"), "x");
      const archive = create(
        {
          gzip: true,
          cwd: odd,
          preservePaths: true,
          onWriteEntry: (entry) => {
            if (entry.path === "climb") entry.path = "workspace/../../climbed";
          },
        },
        names,
      );
      const parts: Buffer[] = [];
      for await (const part of archive) parts.push(part);
      await withDownload(Buffer.concat(parts), async (url) => {
        await restoreCheckpoint(toSandbox, url, signal);
      });
      expect(await filesIn(to.workspace)).toEqual(["ok.ts"]);
      expect(await readdir(to.home)).toEqual([]);
      expect(await readdir(to.root)).not.toContain("climbed");
    }),
  ));

test.for([
  ["is no archive", Buffer.from("not a tar.gz")],
  ["is empty", Buffer.alloc(0)],
] as const)("a download that %s is refused", ([, content]) =>
  withSandbox((toSandbox) =>
    withDownload(content, async (url) => {
      await expect(restoreCheckpoint(toSandbox, url, signal)).rejects.toThrow(/./);
    }),
  ),
);
