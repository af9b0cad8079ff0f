import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { sourceKey } from "@leo/core/artifact.ts";
import { expect, test } from "vitest";
import type { z } from "zod";
import type { ApiError, AppList, CreatedApp, Diff, FileList } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import { putObject, withApi, type TestApi } from "../support/api.ts";
import { completeGeneration, type Files } from "../support/version.ts";

const makeVersion = async (api: TestApi, source: Files, name = "My \u00dcber app") => {
  const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
    prompt: "x",
    name,
  });
  const { prefix } = await completeGeneration(api, body.generation.id, {
    source,
    dist: { "index.html": "<p>" },
  });
  return { appId: body.app.id, id: body.generation.id, prefix };
};

const follow = async (api: TestApi, appId: string, source: Files) => {
  const { body } = await api.call<Generation>(api.ann, "POST", `/api/apps/${appId}/generations`, {
    prompt: "more",
  });
  await completeGeneration(api, body.id, { source });
  return body.id;
};

const download = (api: TestApi, path: string) =>
  fetch(api.url + path, { headers: { authorization: `Bearer ${api.ann}` } });

test("the file list is the manifest: sources, built files and checks; before that a 404", () =>
  withApi(async (api) => {
    const { body: unfinished } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
      prompt: "x",
    });
    const early = await api.call<ApiError>(
      api.ann,
      "GET",
      `/api/generations/${unfinished.generation.id}/files`,
    );
    expect([early.status, early.body.error.message]).toEqual([404, "This generation has no files yet."]);
    const { id } = await makeVersion(api, { "src/App.tsx": "export {};" });
    const { body } = await api.call<z.infer<typeof FileList>>(api.ann, "GET", `/api/generations/${id}/files`);
    expect(body.source).toMatchObject([{ path: "src/App.tsx", sizeBytes: 10 }]);
    expect(body.dist).toMatchObject([{ path: "index.html" }]);
    expect(body.checks).toEqual([{ name: "build", result: "passed", durationMs: 12 }]);
  }));

test("the picture of a version comes with its card, may be kept, and is the owner's alone", () =>
  withApi(async (api) => {
    const picture = randomBytes(20_000);
    const { body: made } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
      prompt: "x",
    });
    const path = `/api/generations/${made.generation.id}/screenshot`;
    expect((await api.call(api.ann, "GET", path)).status).toBe(404);
    await completeGeneration(api, made.generation.id, { screenshot: picture });
    const { body: list } = await api.call<z.infer<typeof AppList>>(api.ann, "GET", "/api/apps");
    expect(list.apps[0]?.screenshotUrl).toBe(path);
    const answer = await download(api, path);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    expect(Buffer.from(await answer.arrayBuffer()).equals(picture)).toBe(true);
    expect((await api.call(api.bob, "GET", path)).status).toBe(404);
    expect((await fetch(api.url + path)).status).toBe(401);

    const { id } = await makeVersion(api, {});
    const bare = await api.call<ApiError>(api.ann, "GET", `/api/generations/${id}/screenshot`);
    expect([bare.status, bare.body.error.message]).toEqual([404, "There is no such picture."]);
  }));

test("a file comes back byte for byte, and never as a document on the API's origin", () =>
  withApi(async (api) => {
    const binary = randomBytes(300_000);
    const source: Files = {
      "index.html": "<script>steal()</script>",
      "src/\u00e4 b #1?.ts": "const umlaut = '\u00e4';",
      "public/logo.svg": "<svg onload='x()'/>",
      "public/photo.png": binary,
      "empty.txt": "",
    };
    const { id } = await makeVersion(api, source);
    for (const [path, content] of Object.entries(source)) {
      const url = path.split("/").map(encodeURIComponent).join("/");
      const response = await download(api, `/api/generations/${id}/files/${url}`);
      expect([path, response.status]).toEqual([path, 200]);
      const isText = typeof content === "string";
      expect(response.headers.get("content-type")).toBe(
        isText ? "text/plain; charset=utf-8" : "application/octet-stream",
      );
      expect(response.headers.get("content-disposition")).toMatch(isText ? /^inline; / : /^attachment; /);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("content-security-policy")).toContain("sandbox");
      expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(content))).toBe(true);
    }
  }));

test("paths outside the manifest don't exist, tricks included", () =>
  withApi(async (api) => {
    const { id, prefix } = await makeVersion(api, { "src/App.tsx": "1" });
    await putObject(api, sourceKey(prefix, "stored-beside.txt"), "not of this version");
    const tricks = [
      "nope",
      "stored-beside.txt",
      "src",
      "src/",
      "src/app.tsx",
      "..%2fmanifest.json",
      "%2e%2e/manifest.json",
      "src%2f..%2fApp.tsx",
    ];
    tricks.push("..%5cmanifest.json", "%00", "src/App.tsx%00", encodeURIComponent(`/${prefix}manifest.json`));
    for (const path of tricks) {
      const response = await download(api, `/api/generations/${id}/files/${path}`);
      expect([path, response.status]).toEqual([path, 404]);
      await response.arrayBuffer();
    }
  }));

test("the archive is a whole zip of the sources, for unzip as well", () =>
  withApi(async (api) => {
    const source: Files = {
      "package.json": "{}",
      "src/App.tsx": "x".repeat(50_000),
      "public/a b.bin": randomBytes(2_000_000),
    };
    for (let index = 0; index < 40; index += 1)
      source[`src/part-${index}.ts`] = `export const part = ${index};`;
    const { id } = await makeVersion(api, source);
    const response = await download(api, `/api/generations/${id}/archive.zip`);
    expect(response.headers.get("content-type")).toBe("application/zip");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="my-uber-app.zip"');
    const folder = await mkdtemp(join(tmpdir(), "leo-zip-"));
    try {
      await writeFile(join(folder, "app.zip"), Buffer.from(await response.arrayBuffer()));
      await promisify(execFile)("unzip", ["-q", "app.zip", "-d", "out"], { cwd: folder });
      for (const [path, content] of Object.entries(source)) {
        expect((await readFile(join(folder, "out", path))).equals(Buffer.from(content))).toBe(true);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }));

test("an archive with a lost file breaks off instead of passing as whole", () =>
  withApi(async (api) => {
    const { id, prefix } = await makeVersion(api, { "a.bin": randomBytes(500_000), "b.txt": "b" });
    await api.s3.send(
      new DeleteObjectCommand({ Bucket: api.bucket.bucket, Key: sourceKey(prefix, "b.txt") }),
    );
    const response = await download(api, `/api/generations/${id}/archive.zip`);
    await expect(response.arrayBuffer()).rejects.toThrow("terminated");
    expect(api.logged().join("")).toContain("stream_failed");
  }));

test("a reader that leaves in the middle of an archive leaves nothing open", () =>
  withApi(async (api) => {
    const { storage } = api.context;
    let open = 0;
    api.context.storage = {
      ...storage,
      read: async (key, range) => {
        const object = await storage.read(key, range);
        if (!object) return undefined;
        open += 1;
        const body = Readable.fromWeb(object.body).once("close", () => (open -= 1));
        return { ...object, body: Readable.toWeb(body) as ReadableStream<Uint8Array> };
      },
    };
    const large = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`part-${index}.bin`, randomBytes(400_000)]),
    );
    const { id } = await makeVersion(api, large);
    for (let round = 0; round < 3; round += 1) {
      const leave = new AbortController();
      const response = await fetch(`${api.url}/api/generations/${id}/archive.zip`, {
        headers: { authorization: `Bearer ${api.ann}` },
        signal: leave.signal,
      });
      await response.body?.getReader().read();
      expect(open).toBe(1);
      leave.abort();
      await expect.poll(() => open).toBe(0);
    }
    const whole = await download(api, `/api/generations/${id}/archive.zip`);
    expect((await whole.arrayBuffer()).byteLength).toBeGreaterThan(8_000_000);
    expect(open).toBe(0);
    expect(api.logged().join("")).not.toContain("stream_failed");
  }));

test("a diff names what was created, modified and deleted, with the texts", () =>
  withApi(async (api) => {
    const first = await makeVersion(api, {
      "same.ts": "same",
      "changed.ts": "old",
      "gone.ts": "gone",
      "image.png": randomBytes(100),
      "big.txt": "a".repeat(300_000),
    });
    const second = await follow(api, first.appId, {
      "same.ts": "same",
      "changed.ts": "new",
      "made.ts": "made",
      "image.png": randomBytes(100),
      "big.txt": "b".repeat(300_000),
      "photo.jpg": randomBytes(300_000),
      "umlauts.txt": "a" + "ü".repeat(300_000),
    });
    const { body } = await api.call<Diff>(api.ann, "GET", `/api/generations/${second}/diff?base=${first.id}`);
    expect(body.baseGenerationId).toBe(first.id);
    expect(body.files).toEqual([
      { path: "big.txt", change: "modified", binary: false, tooLarge: true },
      { path: "changed.ts", change: "modified", binary: false, before: "old", after: "new" },
      { path: "gone.ts", change: "deleted", binary: false, before: "gone" },
      { path: "image.png", change: "modified", binary: true },
      { path: "made.ts", change: "created", binary: false, after: "made" },
      { path: "photo.jpg", change: "created", binary: true },
      { path: "umlauts.txt", change: "created", binary: false, tooLarge: true },
    ]);
    const implied = await api.call<Diff>(api.ann, "GET", `/api/generations/${second}/diff`);
    expect(implied.body).toEqual(body);
    const none = await api.call<ApiError>(api.ann, "GET", `/api/generations/${first.id}/diff`);
    expect([none.status, none.body.error.message]).toEqual([404, "This is the app's first version."]);
  }));

test("a diff of many large files stays within its size and names them all", () =>
  withApi(async (api) => {
    const many = (text: string) =>
      Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`f${index}.txt`, text.repeat(100_000)]));
    const first = await makeVersion(api, many("a"));
    const second = await follow(api, first.appId, many("b"));
    const { body } = await api.call<Diff>(api.ann, "GET", `/api/generations/${second}/diff`);
    expect(body.files).toHaveLength(60);
    expect(body.files.filter(({ tooLarge }) => tooLarge)).toHaveLength(60 - 20);
    expect(JSON.stringify(body).length).toBeLessThan(5_000_000);
  }));
