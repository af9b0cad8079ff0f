/** The check of dependencies, with the real npm against a registry that the test plays. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";

const AUDIT = join(import.meta.dirname, "../setup/audit.mjs");
const NAME = "fixture-dependency";
const ADVISORY = {
  id: 1,
  url: "https://example.com/advisory",
  title: "It runs what it is given",
  severity: "high",
  vulnerable_versions: "<2.0.0",
  cwe: [],
  cvss: { score: 8, vectorString: null },
};

const LOCK = {
  name: "fixture",
  version: "1.0.0",
  lockfileVersion: 3,
  requires: true,
  packages: {
    "": { name: "fixture", version: "1.0.0", dependencies: { [NAME]: "1.0.0" } },
    [`node_modules/${NAME}`]: { version: "1.0.0" },
  },
};

/** Runs the check in a project with one dependency. */
const audit = async (answer: RequestListener) => {
  const folder = await mkdtemp(join(tmpdir(), "leo-audit-"));
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await writeFile(join(folder, "package.json"), JSON.stringify(LOCK.packages[""]));
    await writeFile(join(folder, "package-lock.json"), JSON.stringify(LOCK));
    const { PATH, HOME } = process.env;
    const env = {
      PATH,
      HOME,
      npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      npm_config_cache: join(folder, "cache"),
      npm_config_fetch_retries: "0",
    };
    return await new Promise<{ code: number; output: string }>((resolve) => {
      const child = execFile(process.execPath, [AUDIT], { cwd: folder, env }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
      );
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  }
};

/** @param advisories what is known of packages by their name */
const registry =
  (advisories: object): RequestListener =>
  (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      if (request.method === "GET")
        return response.end(
          JSON.stringify({ name: NAME, versions: { "1.0.0": { name: NAME, version: "1.0.0" } } }),
        );
      const body = Buffer.concat(parts);
      const asked = JSON.parse(
        (request.headers["content-encoding"] ? gunzipSync(body) : body).toString(),
      ) as object;
      return response.end(JSON.stringify(NAME in asked ? advisories : {}));
    });
  };

test("dependencies without known vulnerabilities pass", async () => {
  expect(await audit(registry({}))).toMatchObject({
    code: 0,
    output: expect.stringContaining("0 production dependencies have known vulnerabilities"),
  });
});

test("a known vulnerability is named and fails the check", async () => {
  const { code, output } = await audit(registry({ [NAME]: [ADVISORY] }));
  expect([code, output]).toEqual([1, expect.stringMatching(new RegExp(`${NAME} \\S+: high`))]);
});

test("a registry that cannot be asked is told, and is no failure", async () => {
  const { code, output } = await audit((_, response) => response.writeHead(405).end());
  expect([code, output]).toEqual([0, expect.stringContaining("NOT checked")]);
});
