/** What differs between the sources and what is built of them. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "@leo/local/free-port.ts";
import { startProcess, type TestProcess } from "./support/processes.ts";

const DIST = join(import.meta.dirname, "../dist");
/** The first byte of a TLS handshake. */
const HANDSHAKE = 22;

/** Listens at a port and gives what it first hears there. */
const withFirstBytes = async (run: (address: string, heard: Promise<Buffer>) => Promise<void>) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const heard = once(server, "connection").then(async ([socket]) => {
    const [data] = await once(socket as Socket, "data");
    (socket as Socket).destroy();
    return data as Buffer;
  });
  try {
    await run(`localhost:${(server.address() as AddressInfo).port}`, heard);
  } finally {
    server.close();
  }
};

const ending = async (program: TestProcess, run: () => Promise<void>) => {
  try {
    await run();
  } finally {
    await program.stop();
  }
};

test("the generator speaks TLS with an orchestrator that wants it", () =>
  withFirstBytes(async (address, heard) => {
    const generator = startProcess(join(DIST, "main.js"), {
      PATH: process.env.PATH ?? "",
      GATEWAY_PORT: String(await freePort()),
      ANTHROPIC_API_KEY: "secret",
      LEO_GENERATOR_URL: `wss://${address}/ws/generator`,
      LEO_ATTEMPT_TOKEN: "leo_at_test",
    });
    await ending(generator, async () => {
      expect((await heard)[0]).toBe(HANDSHAKE);
      // Named as the server's certificate has to name it.
      expect((await heard).toString("latin1")).toContain("localhost");
    });
  }));

test("the gateway speaks TLS with a model's API that wants it", () =>
  withFirstBytes(async (address, heard) => {
    const port = await freePort();
    const driver = startProcess(join(DIST, "main.js"), {
      PATH: process.env.PATH ?? "",
      GATEWAY_PORT: String(port),
      LEO_UPSTREAM_URL: `https://${address}`,
      LEO_GENERATOR_URL: "ws://127.0.0.1:9/ws/generator",
      LEO_ATTEMPT_TOKEN: "leo_at_test",
      ANTHROPIC_API_KEY: "secret",
    });
    await ending(driver, async () => {
      await driver.line((line) => line.includes("gateway_listening"));
      const body = JSON.stringify({ model: "claude-opus-4-8", max_tokens: 1, messages: [] });
      const answer = await fetch(`http://127.0.0.1:${port}/v1/messages`, { method: "POST", body });
      expect((await heard)[0]).toBe(HANDSHAKE);
      expect(answer.status).toBe(502);
    });
  }));
