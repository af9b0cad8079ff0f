/** What reaches the sockets below their protocols: handshakes and frames that no proper client sends. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { newAttemptToken } from "../../src/generation/claim.ts";
import { openUiSocket, withOrchestrator, type TestOrchestrator } from "../support/orchestrator.ts";
import { connectRaw, type RawConnection } from "../support/raw.ts";

let leo: TestOrchestrator;
let finish: () => void;
let running: Promise<void>;
beforeAll(
  () =>
    new Promise<void>((resolve, reject) => {
      running = withOrchestrator({}, async (started) => {
        leo = started;
        resolve();
        await new Promise<void>((end) => (finish = end));
      });
      running.catch(reject);
    }),
);
afterAll(() => {
  finish();
  return running;
});

const isWell = async () => expect((await fetch(`${leo.orchestrator.url}/health`)).status).toBe(200);

const handshake = (target: string, changes: Record<string, string> = {}, method = "GET") => {
  const headers: Record<string, string> = {
    host: "localhost:5013",
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...changes,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
};

/** The server that takes sockets on a path. */
const serverOf = (target: string) =>
  target.startsWith("/ws/generator") ? leo.orchestrator.generatorUrl : leo.orchestrator.url;

const openRaw = async (target = "/ws/ui", headers: Record<string, string> = {}): Promise<RawConnection> => {
  const connection = await connectRaw(serverOf(target), handshake(target, headers));
  await expect.poll(connection.received).toContain("101 Switching Protocols");
  return connection;
};

const [FIN, RSV1, TEXT, BINARY, PING] = [0x80, 0x40, 0x01, 0x02, 0x09];

/** A client's frame; its mask of zeros leaves the payload as it is. */
const frame = (first: number, payload: Buffer | string, declaredBytes?: number, isMasked = true): Buffer => {
  const content = Buffer.from(payload);
  const size = declaredBytes ?? content.length;
  const length = Buffer.alloc(size < 126 ? 1 : size < 65_536 ? 3 : 9);
  if (length.length === 1) length.writeUInt8(size);
  else if (length.length === 3) length.writeUInt16BE(size, 1);
  else length.writeBigUInt64BE(BigInt(size), 1);
  if (length.length > 1) length[0] = length.length === 3 ? 126 : 127;
  length[0] = (length[0] ?? 0) | (isMasked ? 0x80 : 0);
  return Buffer.concat([Buffer.from([first]), length, Buffer.alloc(isMasked ? 4 : 0), content]);
};

/** The code of the close frame that ends what was received. */
const closeCode = (received: string) => {
  const bytes = Buffer.from(received, "latin1");
  const at = bytes.lastIndexOf(FIN | 0x08);
  return at === -1 ? undefined : bytes.readUInt16BE(at + 2);
};

test("odd upgrade requests are all rejected, and none kills the process", async () => {
  const targets = [
    "//[",
    "http://[",
    "//",
    "*",
    "/ws/ui/",
    "/WS/UI",
    "/__proto__",
    "/constructor",
    "/ws/ui%00",
    "/",
  ];
  const requests = [
    ...targets.map((target) => handshake(target)),
    handshake("/ws/ui", { "sec-websocket-version": "7" }),
    handshake("/ws/ui", { "sec-websocket-key": "short" }),
    handshake("/ws/ui", { upgrade: "h2c" }),
    handshake("/ws/ui", {}, "POST"),
    ...[
      "https://evil.example",
      "null",
      "http://localhost:5013.evil.example",
      "https://localhost:5013",
      "http://",
    ].map((origin) => handshake("/ws/ui", { origin })),
    handshake("/ws/generator", { origin: `http://${newId()}.localhost:5013` }),
  ];
  for (const request of requests) {
    const [, target = ""] = request.split(" ");
    const connection = await connectRaw(serverOf(target), request);
    const answer = await connection.ended;
    expect([request.split("\r\n")[0], answer.slice(0, 10)]).toEqual([request.split("\r\n")[0], "HTTP/1.1 4"]);
    expect(answer).not.toMatch(/node_modules|Error:|\bat .+:\d+/);
    // A peer that keeps its side open is not waited for.
    await expect
      .poll(() => {
        if (connection.socket.writable) connection.socket.write("still here");
        return connection.socket.closed;
      })
      .toBe(true);
  }
  await isWell();
});

test("compressed, unmasked, broken and oversized frames close the socket and cost nothing", async () => {
  const fragments = Buffer.concat([frame(TEXT, "a"), ...Array.from({ length: 2_000 }, () => frame(0, "a"))]);
  const cases: [name: string, bytes: Buffer, code: number | undefined][] = [
    ["compressed", frame(FIN | RSV1 | TEXT, "\x4a\xce\x4a\x05\x00"), 1002],
    ["unmasked", frame(FIN | TEXT, "{}", undefined, false), 1002],
    ["an unknown opcode", frame(FIN | 0x0b, "{}"), 1002],
    ["a long ping", frame(FIN | PING, "x".repeat(126)), 1002],
    ["a continuation of nothing", frame(FIN, "x"), 1002],
    ["text that is no UTF-8", frame(FIN | TEXT, Buffer.from([0xc3, 0x28])), 1007],
    ["2 MiB announced", frame(FIN | TEXT, "", 2 ** 21), CloseCode.tooBig],
    ["2^40 bytes announced", frame(FIN | TEXT, "", 2 ** 40), CloseCode.tooBig],
    ["2,000 pieces", fragments, 1008],
    ["binary", frame(FIN | BINARY, "{}"), CloseCode.protocol],
    ["one million brackets", frame(FIN | TEXT, "[".repeat(1_000_000)), CloseCode.protocol],
    [
      "deep nesting",
      frame(FIN | TEXT, `{"type":${"[".repeat(500_000)}${"]".repeat(500_000)}}`),
      CloseCode.protocol,
    ],
  ];
  for (const [name, bytes, code] of cases) {
    const connection = await openRaw("/ws/ui", { "sec-websocket-extensions": "permessage-deflate" });
    expect(connection.received()).not.toContain("permessage-deflate");
    connection.socket.write(bytes);
    await expect.poll(() => closeCode(connection.received()), { message: name }).toBe(code);
    connection.socket.destroy();
  }
  await isWell();
});

test("a peer that sends requests and never reads is disconnected", async () => {
  const { socket, received } = await openRaw();
  // Signed in, so that no other timeout closes it.
  socket.write(frame(FIN | TEXT, JSON.stringify({ type: "hello", protocol: 1, accessToken: leo.token })));
  await expect.poll(() => received().includes("welcome")).toBe(true);
  socket.pause();
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(FIN | PING, "x".repeat(125))));
  const send = () => {
    if (!socket.closed && socket.writable) socket.write(pings, () => setImmediate(send));
  };
  send();
  await expect.poll(() => socket.closed).toBe(true);
  await isWell();
});

test("a flood of messages is answered in order, and no more of it is read than the database can follow", async () => {
  const browser = await openUiSocket(leo.orchestrator.url);
  browser.send({ type: "hello", protocol: 1, accessToken: leo.token });
  const ids = Array.from({ length: 300 }, newId);
  for (const generationId of ids) browser.send({ type: "subscribe", generationId, since: 0 });
  await expect.poll(() => browser.received.length).toBe(1 + ids.length);
  const answered = browser.received.flatMap((message) =>
    message.type === "error" ? [message.generationId] : [],
  );
  expect(answered).toEqual(ids);
  browser.socket.terminate();
});

test("nothing a generator sends is read before its token is verified", async () => {
  const client = await leo.database.pool.connect();
  await client.query("begin; lock table leo.attempts in access exclusive mode");
  const { socket, received } = await openRaw("/ws/generator", {
    authorization: `Bearer ${newAttemptToken().token}`,
  });
  try {
    const block = frame(FIN | TEXT, "x".repeat(2 ** 20));
    for (let sent = 0; sent < 64; sent += 1) socket.write(block);
    const tooFarBytes = 32 * 2 ** 20;
    let before = -1;
    // Until no more of it goes out.
    await expect
      .poll(
        () => {
          const same = socket.writableLength === before;
          before = socket.writableLength;
          return same;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(socket.writableLength).toBeGreaterThan(tooFarBytes);
  } finally {
    await client.query("rollback");
    client.release();
  }
  await expect.poll(() => closeCode(received())).toBe(CloseCode.unauthenticated);
  socket.destroy();
});

test("a socket can't be opened under another site's host name", async () => {
  for (const target of ["/ws/ui", "/ws/generator"]) {
    const connection = await connectRaw(serverOf(target), handshake(target, { host: "evil.example" }));
    expect(await connection.ended).toMatch(/^HTTP\/1.1 421 Misdirected Request/);
  }
});
