/**
 * A machine that reaches the internet only through a proxy which shows a certificate of its own, as in many
 * companies: none of the hosts here has an address, so whatever arrives came through the proxy.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer as createProxy, type IncomingMessage } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { networkSettings, withoutProxyCredentials } from "@leo/core/network-settings.ts";
import { startProcess } from "../../../packages/generator/test/support/processes.ts";
import { freePort } from "../src/free-port.ts";
import { processEnv } from "../src/start/orchestrator-env.ts";
import { ROOT } from "../src/start/settings.ts";
import { makeCertificate } from "../src/testing/certificate.ts";

interface Company {
  /** What its people have in their shells. */
  env: Record<string, string>;
  /** Hosts that the proxy was asked for. */
  hosts: string[];
  /** `host path` of each request that arrived, headers beside it. */
  requests: { line: string; headers: IncomingMessage["headers"] }[];
}

const portOf = (server: { address: () => unknown }) => (server.address() as AddressInfo).port;
const MESSAGE = JSON.stringify({
  type: "message",
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 },
});

const withCompany = async (run: (company: Company) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-network-"));
  const { key, cert } = makeCertificate("model.test", "npm.test", "git.test");
  const caFile = path.join(directory, "ca.pem");
  await writeFile(caFile, cert);
  const requests: Company["requests"] = [];
  const hosts: string[] = [];
  const inside = createHttps({ key, cert }, (request, response) => {
    requests.push({ line: `${request.headers.host} ${request.url}`, headers: request.headers });
    response.writeHead(200, { "content-type": "application/json" }).end(MESSAGE);
  }).listen(0, "127.0.0.1");
  const proxy = createProxy((_, response) => void response.writeHead(400).end()).listen(0, "127.0.0.1");
  proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
    hosts.push(request.url ?? "");
    const tunnel = connect(portOf(inside), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const end of [socket, tunnel]) end.on("error", () => end.destroy());
  });
  await Promise.all([once(inside, "listening"), once(proxy, "listening")]);
  try {
    const env = { https_proxy: `http://127.0.0.1:${portOf(proxy)}`, SSL_CERT_FILE: caFile };
    await run({ env, hosts, requests });
  } finally {
    inside.closeAllConnections();
    proxy.closeAllConnections();
    inside.close();
    proxy.close();
    await rm(directory, { recursive: true, force: true });
  }
};

const askModel = async (env: Record<string, string>) => {
  const port = await freePort();
  const gateway = startProcess(path.join(ROOT, "packages/generator/dist/main.js"), {
    PATH: process.env.PATH ?? "",
    ...env,
    GATEWAY_PORT: String(port),
    LEO_GENERATOR_URL: "ws://127.0.0.1:9/ws/generator",
    LEO_ATTEMPT_TOKEN: "leo_at_test",
    LEO_UPSTREAM_URL: "https://model.test",
    ANTHROPIC_AUTH_TOKEN: "the-key-of-model.test",
  });
  try {
    await gateway.line((line) => line.includes("gateway_listening"));
    const body = JSON.stringify({ model: "claude-opus-5-5", max_tokens: 1, messages: [] });
    return (await fetch(`http://127.0.0.1:${port}/v1/messages`, { method: "POST", body })).status;
  } finally {
    await gateway.stop();
  }
};

test("the model, npm and git are reached through the machine's proxy, with its certificate", () =>
  withCompany(async ({ env, hosts, requests }) => {
    const settings = networkSettings(env);
    expect(await askModel(settings)).toBe(200);
    expect(requests[0]?.headers.authorization).toBe("Bearer the-key-of-model.test");

    const child = { PATH: process.env.PATH ?? "", HOME: tmpdir(), ...settings };
    const run = promisify(execFile);
    const npm = ["ping", "--registry=https://npm.test/", "--no-update-notifier", "--fetch-retries=0"];
    await run("npm", npm, { env: child });
    await run("git", ["ls-remote", "https://git.test/owner/name"], { env: child });

    expect(requests.map(({ line }) => line)).toEqual([
      "model.test /v1/messages",
      expect.stringMatching(/^npm\.test \/-\/ping/),
      ...requests.slice(2).map(() => expect.stringMatching(/^git\.test \/owner\/name\//)),
    ]);
    expect(requests.length).toBeGreaterThan(2);
    expect(new Set(hosts)).toEqual(new Set(["model.test:443", "npm.test:443", "git.test:443"]));
  }));

test("without the certificate nothing is sent", () =>
  withCompany(async ({ env: { https_proxy = "" }, hosts, requests }) => {
    expect(await askModel(networkSettings({ https_proxy }))).toBe(502);
    expect(hosts).toEqual(["model.test:443"]);
    expect(requests).toEqual([]);
  }));

test("a variable counts in both cases, loopback is never behind a proxy, and Leo's processes get all of it", () => {
  expect(networkSettings({ PATH: "/bin", NO_PROXY: "a.test" })).toEqual({});
  const settings = networkSettings({
    https_proxy: "http://p:1",
    NO_PROXY: "a.test",
    NODE_EXTRA_CA_CERTS: "/ca",
  });
  expect(settings).toEqual({
    HTTPS_PROXY: "http://p:1",
    https_proxy: "http://p:1",
    NO_PROXY: "a.test,localhost,127.0.0.1,::1",
    no_proxy: "a.test,localhost,127.0.0.1,::1",
    NODE_EXTRA_CA_CERTS: "/ca",
    NODE_USE_ENV_PROXY: "1",
  });
  const own = { SSL_CERT_FILE: "/all", NODE_EXTRA_CA_CERTS: "/one" };
  expect(networkSettings(own)).toEqual({ ...own, GIT_SSL_CAINFO: "/all" });
  const secret = networkSettings({ HTTP_PROXY: "http://user:password@p:1", NO_PROXY: "x" });
  expect(JSON.stringify(withoutProxyCredentials(secret))).not.toContain("password");
  const before = process.env;
  process.env = { PATH: "/bin", https_proxy: "http://p:1", NO_PROXY: "a.test", NODE_EXTRA_CA_CERTS: "/ca" };
  try {
    expect(processEnv("/cache")).toMatchObject(settings);
  } finally {
    process.env = before;
  }
});
