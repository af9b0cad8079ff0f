/**
 * Runs the two images against the local cloud, as ECS would: the orchestrator answers, and one
 * generation with the scripted model ends in a version whose preview is served and which is pushed to
 * a GitHub of the test's own.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { startAuth } from "@leo/local/auth.ts";
import { startAws } from "@leo/local/aws.ts";
import { startEcs } from "@leo/local/ecs.ts";
import { freePort } from "@leo/local/free-port.ts";
import { startPostgres } from "@leo/local/postgres.ts";
import { generatorDefinition } from "@leo/local/start/generator-definition.ts";
import { BUCKET, CLUSTER, orchestratorEnv, QUEUE } from "@leo/local/start/orchestrator-env.ts";
import { withGithub, type TestGithub } from "@leo/local/testing/github.ts";
import { until } from "@leo/local/testing/until.ts";
import { commandOf, imageContainers, openContainer } from "./buildah-containers.ts";

const TIMEOUT_MS = 180_000;
const folder = await mkdtemp(path.join(tmpdir(), "leo-run-images-"));
const ends: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
const ending = <T>(value: T, end: (value: T) => unknown): T => {
  ends.unshift(() => end(value));
  return value;
};

const answers = (url: string, init?: RequestInit) =>
  fetch(url, init).then(
    (answer) => (answer.ok ? answer : undefined),
    () => undefined,
  );
const json = async <T>(url: string, init?: RequestInit): Promise<T> => {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
};

const startModel = async () => {
  const port = await freePort();
  const main = path.resolve("tools/mock/src/model-server/main.ts");
  const env = { PATH: process.env.PATH, PORT: String(port) };
  ending(spawn(process.execPath, [main], { env, stdio: "ignore" }), (child) => child.kill());
  const url = `http://127.0.0.1:${port}`;
  await until("the scripted model", () => answers(`${url}/health`));
  return url;
};

const startServices = async (port: number) => {
  const origins = [`http://localhost:${port}`];
  const postgres = ending(await startPostgres({ dataDir: path.join(folder, "postgres") }), (it) => it.stop());
  const aws = ending(await startAws(), (it) => it.stop());
  const auth = ending(await startAuth({ dataDir: folder, origins }), (it) => it.stop());
  aws.createBucket(BUCKET);
  const queueUrl = aws.createQueue(QUEUE);
  const containers = {
    leo: ending(openContainer("leo"), (it) => it.remove()),
    sandbox: ending(openContainer("leo"), (it) => it.remove()),
  };
  const runContainer = imageContainers(containers, folder);
  const ecs = ending(await startEcs({ cluster: CLUSTER, queueUrl, runContainer }), (it) => it.stop());
  const definition = generatorDefinition({ credential: undefined }, aws, {
    modelUrl: await startModel(),
    environment: {},
    userEnvironment: {},
  });
  // The images' own programs instead of this checkout's.
  const [sandbox, driver] = definition.containers;
  if (!sandbox || !driver) throw new Error("the generator's definition has lost a container");
  driver.command = commandOf("leo");
  sandbox.command = ["node", "packages/generator/dist/sandbox.js"];
  ecs.register(definition);
  const settings = { port, publicUrl: `http://localhost:${port}`, credential: undefined };
  return orchestratorEnv(settings, {
    aws,
    ecs,
    auth,
    queueUrl,
    databaseUrl: postgres.url("postgres"),
    generatorPort: await freePort(),
  });
};

interface Generation {
  appId: string;
  state: string;
  previewUrl?: string;
  failure?: { code: string; detail?: string };
}

/** @returns the headers of a signed-in user's requests */
const signIn = async (environment: Record<string, string>) => {
  const { access_token: token } = await json<{ access_token: string }>(
    `${environment.SUPABASE_URL}/auth/v1/this-computer`,
    { method: "POST", headers: { origin: environment.LEO_PUBLIC_URL ?? "" } },
  );
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
};

const generate = async (
  origin: string,
  headers: Record<string, string>,
): Promise<Generation & { id: string }> => {
  const body = JSON.stringify({ prompt: "Make a todo app" });
  const { generation } = await json<{ generation: { id: string } }>(`${origin}/api/apps`, {
    method: "POST",
    headers: { ...headers, "idempotency-key": "proof-of-the-images" },
    body,
  });
  const read = async () => {
    const now = await json<Generation>(`${origin}/api/generations/${generation.id}`, { headers });
    return ["completed", "answered", "failed", "cancelled"].includes(now.state) ? now : undefined;
  };
  const end = await until("the generation's end", read, TIMEOUT_MS);
  const { checks } = await json<{ checks: { name: string; result: string }[] }>(
    `${origin}/api/generations/${generation.id}/files`,
    { headers },
  );
  console.log(`checks: ${checks.map(({ name, result }) => `${name} ${result}`).join(", ")}`);
  return { ...end, id: generation.id };
};

/** A browser finds `*.localhost` by itself; here the name goes along as the Host header. */
const previewStatus = (previewUrl: string): Promise<number | undefined> => {
  const { host, port, pathname, search } = new URL(previewUrl);
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: pathname + search, headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).once("error", reject);
  });
};

/** Pushes a version and reads the commit where it arrived. */
const push = async (
  github: TestGithub,
  origin: string,
  headers: Record<string, string>,
  { id, appId }: { id: string; appId: string },
) => {
  await json(`${origin}/api/generations/${id}/push`, { method: "POST", headers, body: "{}" });
  const read = async () => {
    const { pushes } = await json<{ pushes: { state: string; finishedAt?: string }[] }>(
      `${origin}/api/apps/${appId}/github`,
      { headers },
    );
    return pushes.find(({ finishedAt }) => finishedAt);
  };
  const end = await until("the push's end", read, TIMEOUT_MS);
  if (end.state !== "done") throw new Error(`the push ended as ${JSON.stringify(end)}`);
  const [repository] = github.repositories.values();
  const subject = await github.git(repository?.name ?? "", "log", "--format=%s", "main");
  console.log(`orchestrator: pushed the version to ${repository?.name} as "${subject}"`);
};

const prove = async (github: TestGithub) => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const environment = {
    ...(await startServices(port)),
    GITHUB_BOT_TOKEN: github.token,
    LEO_GITHUB_API_URL: github.apiUrl,
    LEO_GITHUB_GIT_URL: github.gitUrl,
  };
  const container = ending(openContainer("leo-saas-app"), (it) => it.remove());
  const startedMs = performance.now();
  const run = container.run(environment, path.join(folder, "orchestrator.log"), commandOf("leo-saas-app"));
  ending(run, (it) => it.signal("SIGKILL"));
  await until("the orchestrator's health", () => answers(`${origin}/health`), TIMEOUT_MS);
  console.log(
    `orchestrator: /health answers ${Math.round(performance.now() - startedMs)} ms after the start`,
  );
  const page = await (await fetch(origin)).text();
  if (!page.includes("<script")) throw new Error("the web UI is not in the image");
  console.log("orchestrator: serves the web UI");

  const headers = await signIn(environment);
  const generation = await generate(origin, headers);
  if (generation.state !== "completed")
    throw new Error(`the generation ended as ${JSON.stringify(generation)}`);
  const status = await previewStatus(generation.previewUrl ?? "");
  // The link's token goes into a cookie.
  if (status !== 302) throw new Error(`the preview ${generation.previewUrl} answers ${status}`);
  console.log("generator: completed a generation; its preview answers");
  await push(github, origin, headers, generation);

  run.signal("SIGTERM");
  const { exitCode } = await run.exited;
  console.log(`orchestrator: SIGTERM, exit ${exitCode}`);
};

try {
  await withGithub(prove);
} catch (error) {
  process.exitCode = 1;
  console.error(error);
  for (const name of ["orchestrator", "leo", "sandbox"]) {
    const log = await readFile(path.join(folder, `${name}.log`), "utf8").catch(() => "no log");
    console.error(`--- ${name}\n${log.slice(-4_000)}`);
  }
} finally {
  for (const end of ends) await end();
}
process.exit();
