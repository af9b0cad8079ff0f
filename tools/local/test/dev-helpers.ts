/** What stands around the command of `sst dev` in tests: a person's home, SST's environment, AWS. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Readable } from "node:stream";
import { inject } from "vitest";
import { startAuth } from "../src/auth.ts";
import { freePort } from "../src/free-port.ts";
import { signalProcess, treeMembers } from "../src/processes/kill-tree.ts";
import { ROOT } from "../src/start/settings.ts";
import { withBucket } from "../src/testing/bucket.ts";
import { withDatabase } from "../src/testing/database.ts";
import { until } from "../src/testing/until.ts";
import "../src/testing/context.ts";
import { stillAlive } from "./start-helpers.ts";

export const TIMEOUT_MS = 180_000;
/** A user may send 600 requests a minute. */
const ASK_EVERY_MS = 200;

/** A home whose AWS files lead nowhere: keys that no AWS knows, an endpoint where nothing listens. */
const makeHome = async (): Promise<string> => {
  const home = await mkdtemp(path.join(tmpdir(), "leo-home-"));
  await mkdir(path.join(home, ".aws"));
  const wrong = "region = eu-north-1\nendpoint_url = http://127.0.0.1:9\n";
  await writeFile(path.join(home, ".aws/config"), `[default]\n${wrong}[profile wrong]\n${wrong}`);
  const keys = "aws_access_key_id = AKIAWRONG\naws_secret_access_key = wrong\n";
  await writeFile(path.join(home, ".aws/credentials"), `[default]\n${keys}[wrong]\n${keys}`);
  return home;
};

export const ROLE_KEY = "ASIAROLE";
const ROLE_TOKEN = "the-role-s-session";
export const ACCOUNT = "111122223333";

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const identity = (arn: string) =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>U</UserId><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

export interface AwsStandIn {
  url: string;
  /** Every access key that a request was signed with. */
  keys: Set<string>;
  /** Requests to S3 that were let through. */
  requests: string[];
}

/** S3 and STS that answer the role's temporary key only, in front of the run's S3. */
const withAws = async (arn: string, work: (aws: AwsStandIn) => Promise<void>): Promise<void> => {
  const keys = new Set<string>();
  const requests: string[] = [];
  const answer = async (message: IncomingMessage, response: ServerResponse) => {
    const { authorization = "", "x-amz-security-token": header } = message.headers;
    const { searchParams } = new URL(message.url ?? "/", "http://aws");
    const credential = /Credential=([^/]+)\//.exec(authorization)?.[1];
    const key = credential ?? searchParams.get("X-Amz-Credential")?.split("/")[0] ?? "none";
    keys.add(key);
    const body = await bodyOf(message);
    if (body.toString().includes("Action=GetCallerIdentity")) {
      response.writeHead(200, { "content-type": "text/xml" }).end(identity(arn));
      return;
    }
    if (key !== ROLE_KEY || (header ?? searchParams.get("X-Amz-Security-Token")) !== ROLE_TOKEN) {
      response.writeHead(403).end("<Error><Code>InvalidAccessKeyId</Code></Error>");
      return;
    }
    requests.push(`${message.method} ${message.url}`);
    const { hostname, port } = new URL(inject("awsUrl"));
    const { method, url, headers } = message;
    const onward = request({ hostname, port, method, path: url, headers }, (got) => {
      response.writeHead(got.statusCode ?? 500, got.headers);
      got.pipe(response);
    });
    onward.on("error", () => response.destroy());
    onward.end(body);
  };
  const server = createServer((message, response) => void answer(message, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await work({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys, requests });
  } finally {
    server.close();
    server.closeAllConnections();
  }
};

const secrets = (values: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `SST_RESOURCE_${name}`,
      JSON.stringify({ value, type: "sst.sst.Secret" }),
    ]),
  );

export interface Program {
  output: () => string;
  exit: Promise<[number | null, NodeJS.Signals | null]>;
  /** To it and its group, as a terminal does. */
  signal: (name: NodeJS.Signals) => void;
  pid: number;
}

/** Follows a program, and ends it after. */
export const withChild = async <T>(
  child: ChildProcessByStdio<null, Readable, Readable>,
  work: (program: Program) => Promise<T>,
) => {
  const exit = once(child, "exit") as Program["exit"];
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  }
  const pid = child.pid ?? 0;
  const signal = (name: NodeJS.Signals) => signalProcess(-pid, name);
  try {
    return await work({ output: () => output, exit, signal, pid });
  } catch (cause) {
    throw new Error(`with this output:\n${output}`, { cause });
  } finally {
    signal("SIGTERM");
    await exit;
  }
};

export const STDIO = ["ignore", "pipe", "pipe"] as const;

/** Starts a program of Node with this environment alone, and ends it after. */
export const withProgram = <T>(
  file: string,
  env: Record<string, string | undefined>,
  work: (program: Program) => Promise<T>,
): Promise<T> =>
  withChild(
    spawn(process.execPath, [file], {
      env: { PATH: process.env.PATH, TMPDIR: tmpdir(), ...env },
      detached: true,
      stdio: [...STDIO],
    }),
    work,
  );

/** Waits until the program has printed something. */
export const said = ({ output }: Program, sentence: string | RegExp): Promise<true> =>
  until(
    String(sentence),
    () => (typeof sentence === "string" ? output().includes(sentence) : sentence.test(output())),
    TIMEOUT_MS,
  );

export const STOP_MS = 5_000;

/** Presses Ctrl-C, and waits until no process of it is left. @returns how long that took, in milliseconds */
export const pressCtrlC = async ({ pid, signal }: Program): Promise<number> => {
  const processes = await treeMembers({ roots: [pid], marks: [] });
  const pressedAtMs = performance.now();
  signal("SIGINT");
  await until("nothing of it", async () => (await stillAlive(processes)).length === 0, TIMEOUT_MS);
  return performance.now() - pressedAtMs;
};

export const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );

export interface Stage {
  stage: string;
  port: number;
  /** Leo's address. */
  origin: string;
  aws: AwsStandIn;
  bucket: string;
  databaseUrl: string;
  /** A person's environment. */
  shell: Record<string, string>;
  /** What SST 3.19.3 adds to it. */
  fromSst: Record<string, string>;
  /** What the command finds: both. */
  env: Record<string, string>;
  /** Of both local users. */
  localPassword: string;
  /** Calls Leo's API as the local user. */
  call: <T>(method: string, route: string, body?: object) => Promise<T>;
  /** Asks for an app. @returns the generation's id */
  build: (prompt: string) => Promise<string>;
  stateOf: (generationId: string) => Promise<string>;
}

export const roleArn = (stage: string): string =>
  `arn:aws:sts::${ACCOUNT}:assumed-role/leo-saas-${stage}-OrchestratorTaskRole-fwawaxwz/sst-dev`;

/** Runs with a stage: its bucket, database, sign-in and model, and the environment that `sst dev` makes. */
export const withStage = async (
  work: (stage: Stage) => Promise<void>,
  options: { arn?: string } = {},
): Promise<void> => {
  const [port, modelPort, home] = [await freePort(), await freePort(), await makeHome()];
  const stage = `test-${port}`;
  const origin = `http://localhost:${port}`;
  const model = `http://127.0.0.1:${modelPort}`;
  const auth = await startAuth({ origins: [origin] });
  const headers = { authorization: `Bearer ${await auth.issue()}`, "content-type": "application/json" };
  const call: Stage["call"] = async <T>(method: string, route: string, body?: object) => {
    const answer = await fetch(origin + route, {
      method,
      headers: { ...headers, "idempotency-key": crypto.randomUUID() },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };
  try {
    await withBucket(({ bucket }) =>
      withDatabase((databaseUrl) =>
        withAws(options.arn ?? roleArn(stage), async (aws) => {
          const shell = {
            HOME: home,
            npm_config_cache: process.env.npm_config_cache ?? path.join(homedir(), ".npm"),
            AWS_PROFILE: "wrong",
            AWS_ENDPOINT_URL_S3: aws.url,
            AWS_ENDPOINT_URL_STS: aws.url,
            LEO_S3_FORCE_PATH_STYLE: "true",
            LEO_UPSTREAM_URL: model,
          };
          const fromSst = {
            AWS_REGION: "us-east-1",
            AWS_ACCESS_KEY_ID: ROLE_KEY,
            AWS_SECRET_ACCESS_KEY: "role",
            AWS_SESSION_TOKEN: ROLE_TOKEN,
            PORT: String(port),
            LEO_MODE: "aws",
            LEO_BUCKET: bucket,
            LEO_CLUSTER: `leo-saas-${stage}`,
            LEO_CLOUD_METRICS_APP: `leo-saas-${stage}`,
            LEO_TASK_LOG_URL: "https://console.aws.amazon.com/{taskId}",
            LEO_TRUSTED_PROXIES: "1",
            LEO_GENERATOR_SUBNETS: "subnet-1",
            LEO_GENERATOR_SECURITY_GROUPS: "sg-1",
            SST_RESOURCE_App: JSON.stringify({ name: "leo-saas", stage }),
            ...secrets({
              DatabaseUrl: databaseUrl,
              SupabaseUrl: auth.url,
              SupabaseAnonKey: auth.anonKey,
              GithubBotToken: "none",
              ClaudeOauthToken: "sk-ant-the-stage-s-token",
            }),
          };
          const modelServer = path.join(ROOT, "tools/mock/src/model-server/main.ts");
          await withProgram(modelServer, { PORT: String(modelPort) }, async () => {
            await until("the scripted model", () => answers(`${model}/health`), TIMEOUT_MS);
            await work({
              stage,
              port,
              origin,
              localPassword: auth.localPassword,
              aws,
              bucket,
              databaseUrl,
              shell,
              fromSst,
              env: { ...shell, ...fromSst },
              call,
              build: async (prompt) => {
                const made = await call<{ generation: { id: string } }>("POST", "/api/apps", { prompt });
                return made.generation.id;
              },
              stateOf: async (id) => {
                // No faster than a user may ask in the long run.
                await delay(ASK_EVERY_MS);
                return (await call<{ state: string }>("GET", `/api/generations/${id}`)).state;
              },
            });
          });
        }),
      ),
    );
  } finally {
    await auth.stop();
    await rm(home, { recursive: true, force: true });
  }
};

/** The program that SST starts, of this checkout. */
export const devCommand = (clone: string): string => path.join(clone, "tools/local/src/dev.ts");

/** Replaces text of a source once. @returns the time at which it was saved */
export const edit = async (file: string, from: string, to: string): Promise<number> => {
  const text = await readFile(file, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  await writeFile(
    file,
    text.replace(from, () => to),
  );
  return performance.now();
};
