/** What reaches the server below the application: slow, endless, malformed and too many clients. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { z } from "zod";
import type { ApiError, CreatedApp } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { scanVersion } from "../../src/version/secret-scan.ts";
import { withApi, type TestApi } from "../support/api.ts";
import { connectRaw, raw } from "../support/raw.ts";
import { completeGeneration } from "../support/version.ts";

const HOST = "host: localhost:5013\r\n";
/** Far more than the limits that these tests set, far less than the defaults. */
const SOON_MS = 10_000;

const soon = async <T>(what: string, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${SOON_MS} ms`)), SOON_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** Sends a piece at a time until the connection is closed; resolves with how long that took. */
const trickle = async (
  url: string,
  start: string,
  piece: string,
): Promise<{ tookMs: number; answer: string }> => {
  const startedAt = performance.now();
  const connection = await connectRaw(url, start);
  const timer = setInterval(() => connection.socket.writable && connection.socket.write(piece), 50);
  const answer = await soon("being cut", connection.ended).finally(() => clearInterval(timer));
  connection.socket.destroy();
  return { tookMs: performance.now() - startedAt, answer };
};

const isWell = async ({ url }: Pick<TestApi, "url">) => expect((await raw(url, "/health")).status).toBe(200);

/** As large as a file may be; together they are twice what the network holds for a reader who does not read. */
const VIDEOS = Array.from({ length: 6 }, (_, index) => `video-${index}.mp4`);
const LARGE_BYTES = VIDEOS.length * LIMITS.fileMaxBytes;

/** A completed version with large files. */
const makeLarge = async (api: TestApi) => {
  const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", { prompt: "x" });
  const { id } = body.generation;
  const video = randomBytes(LIMITS.fileMaxBytes);
  const videos = Object.fromEntries(VIDEOS.map((name) => [name, video]));
  const files = { source: videos, dist: videos };
  // Scanned before, so that what is read afterwards is the answer's own.
  await scanVersion(api.context, { generationId: id, ...(await completeGeneration(api, id, files)) });
  const { previewUrl = "" } = (await api.call<Generation>(api.ann, "GET", `/api/generations/${id}`)).body;
  return { id, preview: new URL(previewUrl) };
};

test("a client that trickles or sends nothing is disconnected, in headers and in bodies", () =>
  withApi(
    async (api) => {
      const headers = await trickle(api.url, `GET /api/config HTTP/1.1\r\n${HOST}x: `, "a");
      expect(headers.answer).toMatch(/^HTTP\/1\.1 408 /);
      const body = await trickle(
        api.url,
        `POST /api/apps HTTP/1.1\r\n${HOST}authorization: Bearer ${api.ann}\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n`,
        "1",
      );
      expect(body.answer).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
      const silent = await connectRaw(api.url);
      await soon("a silent connection's end", silent.ended);
      for (const { tookMs } of [headers, body]) expect(tookMs).toBeGreaterThan(300);
      await isWell(api);
    },
    { env: { LEO_HEADERS_TIMEOUT_MS: "400", LEO_REQUEST_TIMEOUT_MS: "800" } },
  ));

test("a client that doesn't read a large response holds only a part of it and is disconnected", () =>
  withApi(
    async (api) => {
      const { id, preview } = await makeLarge(api);
      const { storage } = api.context;
      const read = storage.read.bind(storage);
      let takenBytes = 0;
      storage.read = async (...wanted) => {
        const object = await read(...wanted);
        const count = new TransformStream<Uint8Array, Uint8Array>({
          transform: (part, controller) => {
            takenBytes += part.length;
            controller.enqueue(part);
          },
        });
        return object && { ...object, body: object.body.pipeThrough(count) };
      };
      const asked = {
        "a preview": VIDEOS.map(
          (name) => `GET /${name}${preview.search} HTTP/1.1\r\nhost: ${preview.host}\r\n\r\n`,
        ).join(""),
        "an archive": `GET /api/generations/${id}/archive.zip HTTP/1.1\r\n${HOST}authorization: Bearer ${api.ann}\r\n\r\n`,
      };
      for (const [name, text] of Object.entries(asked)) {
        takenBytes = 0;
        const cuts = () => api.logged().filter((line) => line.includes("slow_client_cut")).length;
        const before = cuts();
        const connection = await connectRaw(api.url);
        connection.socket.pause();
        connection.socket.write(text);
        await expect.poll(() => takenBytes, { message: name }).toBeGreaterThan(0);
        await expect.poll(cuts, { message: name }).toBe(before + 1);
        // The network's own buffers hold some megabytes; Leo holds less than one.
        expect(takenBytes).toBeLessThan(LARGE_BYTES / 2);
        connection.socket.resume();
        await soon(name, connection.ended);
      }
    },
    { env: { LEO_UNREAD_TIMEOUT_MS: "1000" } },
  ));

test("a body over 64 KiB is rejected with a sentence before it's read, however it's announced", () =>
  withApi(async (api) => {
    const start = `POST /api/apps HTTP/1.1\r\n${HOST}authorization: Bearer ${api.ann}\r\ncontent-type: application/json\r\n`;
    const announced = await connectRaw(api.url, `${start}content-length: 99999999\r\n\r\n{`);
    await expect.poll(announced.received).toContain("413 Payload Too Large");
    expect(announced.received()).toContain("The request is too large. Leo accepts up to 64 KiB.");
    announced.socket.destroy();

    const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
    // What reads no body ends the connection with its answer.
    const requests: [request: string, status: number][] = [
      [start, 413],
      [`PUT /nope HTTP/1.1\r\n${HOST}`, 413],
      [`GET /api/config HTTP/1.1\r\n${HOST}`, 200],
    ];
    for (const [request, status] of requests) {
      const endless = await connectRaw(api.url, `${request}transfer-encoding: chunked\r\n\r\n`);
      const timer = setInterval(() => endless.socket.writable && endless.socket.write(chunk.repeat(8)), 1);
      const answer = await soon("the end of an endless body", endless.ended).finally(() =>
        clearInterval(timer),
      );
      expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
      endless.socket.destroy();
    }
    await isWell(api);
  }));

const MALFORMED = [
  "\r\n\r\n\r\nGARBAGE\r\n\r\n",
  "GET / HTTP/9.9\r\n\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  `GET \\ HTTP/1.1\r\n${HOST}\r\n`,
  `GET http://[ HTTP/1.1\r\n${HOST}\r\n`,
  `GET /a\\b HTTP/1.1\r\n${HOST}\r\n`,
  "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
  "GET / HTTP/1.1\r\nhost: evil.example:99999\r\n\r\n",
  "GET / HTTP/1.1\r\nhost: @@\r\n\r\n",
  `GET / HTTP/1.1\r\n${HOST}x: ${"a".repeat(20_000)}\r\n\r\n`,
  `GET /${"a".repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`,
  `GET / HTTP/1.1\r\n${HOST}x: a\0b\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST} folded: x\r\n\r\n`,
  `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n`,
  `POST /api/apps HTTP/1.1\r\n${HOST}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
  `POST /api/apps HTTP/1.1\r\n${HOST}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  `POST /api/apps HTTP/1.1\r\n${HOST}content-length: -1\r\n\r\n`,
  `POST /api/apps HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\nzz\r\n`,
  `POST /api/apps HTTP/1.1\r\n${HOST}transfer-encoding: gzip, x\r\n\r\n`,
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

test("malformed HTTP is rejected without revealing internals, and the next request is served", () =>
  withApi(async (api) => {
    for (const text of MALFORMED) {
      const connection = await connectRaw(api.url, Buffer.from(text, "latin1"));
      const message = JSON.stringify(text.slice(0, 60));
      if (text.startsWith("CONNECT")) await soon(message, connection.ended);
      else await expect.poll(connection.received, { message }).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(connection.received()).not.toMatch(/node_modules|node:|\bat .+:\d+|Error:/);
      connection.socket.destroy();
    }
    await isWell(api);
    expect(api.logged().filter((line) => line.includes("request_failed"))).toEqual([]);
  }));

test("oversized headers get a sentence, strict headers and the instruction to clear cookies", () =>
  withApi(async (api) => {
    const tooMany = `GET / HTTP/1.1\r\n${HOST}cookie: a=${"x".repeat(20_000)}\r\n\r\n`;
    const answer = await soon("the refusal", (await connectRaw(api.url, tooMany)).ended);
    expect(answer).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(answer).toContain('\r\nclear-site-data: "cookies"\r\n');
    expect(answer).toContain("\r\nx-content-type-options: nosniff\r\n");
    expect(answer).toMatch(/\r\n\r\nThe request's headers are too large.*load the page again\.\n$/);
    const malformed = await soon("the refusal", (await connectRaw(api.url, "GET\r\n\r\n")).ended);
    expect(malformed).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(malformed).not.toContain("clear-site-data");
  }));

test("connections over the limit are rejected and logged once; existing ones keep working", () =>
  withApi(
    async (api) => {
      const open = await Promise.all([1, 2, 3].map(() => connectRaw(api.url)));
      const refused = await Promise.all([4, 5].map(() => connectRaw(api.url)));
      for (const { ended } of refused) expect(await soon("a refused connection", ended)).toBe("");
      const [first] = open;
      first?.socket.write(`GET /api/config HTTP/1.1\r\n${HOST}\r\n`);
      await expect.poll(() => first?.received()).toContain("200 OK");
      expect(api.logged().filter((line) => line.includes("connections_full"))).toHaveLength(1);
      for (const { socket } of open) socket.destroy();
    },
    { env: { LEO_CONNECTIONS_MAX: "3" } },
  ));

const HTTPS = {
  LEO_PUBLIC_URL: "https://leo.example.com",
  LEO_PREVIEW_URL_TEMPLATE: "https://{generationId}.preview.example.com/",
};

test("every response has the strict headers, including rejections and errors; HSTS needs HTTPS", async () => {
  const answers = async (api: TestApi) => [
    await api.call(null, "GET", "/"),
    await api.call(null, "GET", "/api/config"),
    await api.call(null, "GET", "/api/openapi.json"),
    await api.call(null, "GET", "/health"),
    await api.call(null, "GET", "/nope.js"),
    await api.call(null, "GET", "/s/nope"),
    await api.call(null, "GET", "/api/apps"),
    await api.call<ApiError>(api.ann, "POST", "/api/apps", { prompt: "" }),
    await api.call<ApiError>(api.ann, "POST", "/api/apps", "x".repeat(70_000)),
    // A metrics call that fails: 500.
    await api.call(null, "GET", "/metrics"),
  ];
  const parts = { metrics: () => Promise.reject(new Error("no metrics")) };
  const check = async (api: TestApi, isHttps: boolean) => {
    const all = await answers(api);
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 404, 404, 401, 400, 413, 500]);
    for (const { headers } of all) {
      expect(Object.fromEntries(headers)).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": expect.stringContaining("camera=(), geolocation=(), microphone=()"),
        "x-request-id": expect.stringMatching(/^[\w-]{1,100}$/),
      });
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/^default-src '(?:none|self)'; /);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
      expect(headers.get("strict-transport-security")).toBe(isHttps ? "max-age=31536000" : null);
      for (const name of ["server", "x-powered-by", "access-control-allow-origin", "set-cookie"])
        expect([name, headers.get(name)]).toEqual([name, null]);
    }
  };
  await withApi((api) => check(api, false), { parts });
  await withApi((api) => check(api, true), { parts, env: HTTPS });
});

test("a host name that another site points here gets nothing, whatever it requests", () =>
  withApi(async (api) => {
    const ask = (path: string, host: string, method = "GET") =>
      raw(api.url, path, { method, headers: { host, authorization: `Bearer ${api.ann}` } });
    for (const host of [
      "evil.example",
      "evil.example:5013",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
    ]) {
      for (const path of ["/", "/api/apps", "/api/config", "/metrics", "/s/leo_sh_x"]) {
        const answer = await ask(path, host);
        expect([host, path, answer.status]).toEqual([host, path, 421]);
        expect(answer.body.toString()).toBe(
          "Leo does not answer under this name. Open http://localhost:5013 instead.\n",
        );
      }
      expect((await ask("/api/apps", host, "POST")).status).toBe(421);
    }
    for (const host of [
      "localhost",
      "LOCALHOST:5013",
      "127.0.0.1:80",
      "[::1]:5013",
      `${newId()}.localhost:5013`,
    ]) {
      expect([host, (await ask("/api/config", host)).status]).not.toEqual([host, 421]);
    }
    // A load balancer's own checks name the task's address.
    expect((await ask("/health", "10.0.3.7:5013")).status).toBe(200);
  }));
