/** The port of generators: nothing but their socket is there, and what they say of their address counts for nothing. */
import { get, type IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { newAttemptToken } from "../../src/generation/claim.ts";
import { openGeneratorSocket, openUiSocket, withOrchestrator } from "../support/orchestrator.ts";

/** The status of a request, or of the refusal of an upgrade; 101 for a socket. */
const statusOf = (url: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    if (url.startsWith("http")) {
      get(url, { headers, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      }).once("error", reject);
      return;
    }
    const socket = new WebSocket(url, { headers });
    socket.once("open", () => {
      socket.terminate();
      resolve(101);
    });
    socket.once("unexpected-response", (_request, answer: IncomingMessage) => {
      socket.terminate();
      resolve(answer.statusCode ?? 0);
    });
    socket.on("error", () => undefined);
  });

test("the generators' port serves only their socket, and no other port serves it", () =>
  withOrchestrator({}, async ({ orchestrator }) => {
    const generators = new URL(orchestrator.generatorUrl).host;
    for (const path of [
      "/",
      "/health",
      "/metrics",
      "/api/config",
      "/api/apps",
      "/s/x",
      "/preview/x/",
      "/ws/generator",
    ])
      expect([path, await statusOf(`http://${generators}${path}`)]).toEqual([path, 404]);
    for (const path of ["/ws/ui", "/", "/ws/generator/"])
      expect([path, await statusOf(`ws://${generators}${path}`)]).toEqual([path, 404]);
    const preview = { host: "0192f0c0-0000-7000-8000-000000000000.previews.example" };
    expect(await statusOf(`http://${generators}/`, preview)).toBe(421);
    expect(await statusOf(orchestrator.generatorUrl)).toBe(101);
    // No page opens it, Leo's own neither.
    expect(await statusOf(orchestrator.generatorUrl, { origin: "http://localhost:5013" })).toBe(403);

    const browsers = orchestrator.url.replace("http", "ws");
    expect(await statusOf(`${browsers}/ws/generator`)).toBe(404);
    expect(await statusOf(`${browsers}/ws/ui`)).toBe(101);
  }));

test("a generator that guesses tokens under another address locks out only its own", () => {
  const clock = { aheadMs: 0 };
  const settings = { LEO_TRUSTED_PROXIES: "1", LEO_REFUSED_SIGN_INS_PER_MINUTE: "30" };
  return withOrchestrator({ settings, clock }, async (leo) => {
    const victim = { "x-forwarded-for": "203.0.113.7" };
    const { generatorUrl } = leo.orchestrator;
    const statusWith = (token: string) =>
      statusOf(generatorUrl, { ...victim, authorization: `Bearer ${token}` });
    let tried = 0;
    let status = 101;
    for (; status === 101; tried += 1) status = await statusWith(newAttemptToken().token);
    expect(status).toBe(429);
    expect(tried).toBeGreaterThan(60);
    // Whatever it says that it is.
    expect(await statusOf(generatorUrl, { "x-forwarded-for": "198.51.100.4" })).toBe(429);

    const headers = { authorization: `Bearer ${leo.token}`, ...victim };
    expect((await fetch(`${leo.orchestrator.url}/api/usage`, { headers })).status).toBe(200);
    const browser = await openUiSocket(leo.orchestrator.url, victim);
    browser.send({ type: "hello", protocol: 1, accessToken: leo.token });
    await browser.first("welcome");

    clock.aheadMs += 60_000;
    const generation = await leo.submit();
    const task = await leo.task(generation.id);
    const generator = await openGeneratorSocket(generatorUrl, task.token);
    generator.send({ type: "ready", protocol: 1, started: false });
    await leo.reaches(generation.id, "running");
  });
});

test("text that isn't shaped like a token never reaches the database", () =>
  withOrchestrator({}, async (leo) => {
    const client = await leo.database.pool.connect();
    await client.query("begin; lock table leo.attempts in access exclusive mode");
    try {
      for (const token of ["unknown", "leo_at_unknown", `${newAttemptToken().token}x`, leo.token]) {
        const { closed } = await openGeneratorSocket(leo.orchestrator.generatorUrl, token);
        expect((await closed).code).toBe(CloseCode.unauthenticated);
      }
    } finally {
      await client.query("rollback");
      client.release();
    }
  }));
