import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  attemptPrefix,
  distKey,
  MANIFEST_MAX_BYTES,
  manifestKey,
  sourceKey,
  type Manifest,
} from "@leo/core/artifact.ts";
import { newId } from "@leo/core/id.ts";
import { shared } from "@leo/local/testing/shared.ts";
import { findUpload } from "../../src/version/artifact.ts";
import { putObject, withApi, type TestApi } from "../support/api.ts";

const api = shared<TestApi>(withApi);

const fileOf = (path: string, content: string, changes: object = {}) => ({
  path,
  sizeBytes: Buffer.byteLength(content),
  sha256: createHash("sha256").update(content).digest("hex"),
  ...changes,
});

/** An attempt's objects with whatever manifest a hostile generator writes beside them. */
const upload = async (write: (manifest: Manifest, prefix: string) => string) => {
  const [appId, generationId] = [newId(), newId()];
  const prefix = attemptPrefix(appId, generationId, 1);
  await putObject(api(), sourceKey(prefix, "src/App.tsx"), "export {};");
  await putObject(api(), distKey(prefix, "index.html"), "<p>hello</p>");
  for (const path of ["src/app.tsx", "src/\u00fc", "src/u\u0308", "SRC/app.tsx/inside"])
    await putObject(api(), sourceKey(prefix, path), "export {};");
  const manifest: Manifest = {
    version: 1,
    appId,
    generationId,
    attempt: 1,
    source: [fileOf("src/App.tsx", "export {};")],
    dist: [fileOf("index.html", "<p>hello</p>")],
    checks: [],
  };
  await putObject(api(), manifestKey(prefix), write(manifest, prefix));
  return findUpload(api().context, appId, generationId, 1);
};

const changed = (change: (manifest: Manifest) => object) => (manifest: Manifest) =>
  JSON.stringify({ ...manifest, ...change(manifest) });

test("a manifest that matches the stored objects is accepted", async () => {
  const found = await upload((manifest) => JSON.stringify(manifest));
  expect(found.artifact?.manifest.dist).toMatchObject([{ path: "index.html", sizeBytes: 12 }]);
});

/** Files that are stored as they are named, beside the one that there is. */
const two =
  (...paths: string[]) =>
  ({ source }: Manifest) => ({ source: [...source, ...paths.map((path) => fileOf(path, "export {};"))] });

/** As many as fit into a manifest that is read at all. */
const many = `[${'{"path":"a","sizeBytes":1,"sha256":""},'.repeat(200_000)}{}]`;
test.for<[string, (manifest: Manifest, prefix: string) => string]>([
  ["is padded past its size", (manifest) => JSON.stringify(manifest).padEnd(MANIFEST_MAX_BYTES + 1)],
  [
    "has 200,000 entries",
    (manifest) => JSON.stringify({ ...manifest, source: 0 }).replace('"source":0', `"source":${many}`),
  ],
  ["understates a size", changed(({ dist }) => ({ dist: [{ ...dist[0], sizeBytes: 3 }] }))],
  ["overstates a size", changed(({ dist }) => ({ dist: [{ ...dist[0], sizeBytes: 4_000 }] }))],
  ["has a negative size", changed(({ dist }) => ({ dist: [{ ...dist[0], sizeBytes: -1 }] }))],
  ["has half a byte", changed(({ dist }) => ({ dist: [{ ...dist[0], sizeBytes: 11.5 }] }))],
  ["has a size past all limits", changed(({ dist }) => ({ dist: [{ ...dist[0], sizeBytes: 1e300 }] }))],
  ["names a file that is not stored", changed(() => ({ source: [fileOf("src/none.ts", "")] }))],
  ["names a file in another case", changed(() => ({ source: [fileOf("SRC/App.tsx", "export {};")] }))],
  ["names a file twice", changed(({ source }) => ({ source: [...source, ...source] }))],
  ["names a file in two cases", changed(two("src/app.tsx"))],
  ["names a file in two Unicode forms", changed(two("src/\u00fc", "src/u\u0308"))],
  ["names a file in a file", changed(two("SRC/app.tsx/inside"))],
  ["names an environment file", changed(() => ({ source: [fileOf(".env", "SECRET=1")] }))],
  ["names one further down", changed(() => ({ source: [fileOf("api/.env.production", "SECRET=1")] }))],
  ["leaves its folder", changed(() => ({ source: [fileOf("../../other", "")] }))],
  [
    "names a picture that is not stored",
    (m, prefix) => JSON.stringify({ ...m, screenshot: `${prefix}screenshot.png` }),
  ],
  [
    "misstates its checkpoint",
    (manifest, prefix) =>
      JSON.stringify({ ...manifest, checkpoint: { key: `${prefix}checkpoint/1.tar.gz`, sizeBytes: 9 } }),
  ],
  ["is not JSON", () => "{"],
])("a manifest that %s is rejected", async ([, write]) => {
  const before = api().logged().length;
  expect(await upload(write)).toEqual({ isTooLarge: false });
  const logged = api().logged().slice(before).join("");
  expect(logged).toContain("manifest_invalid");
  expect(logged.length).toBeLessThan(5_000);
});
