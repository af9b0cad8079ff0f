/** The room for connections, against a stand-in for a session pooler and PostgreSQL's own limit. */
import { createServer, connect, type AddressInfo } from "node:net";
import { once } from "node:events";
import { Client } from "pg";
import { expect, inject, test } from "vitest";
import { runSql, withDatabase } from "@leo/local/testing/database.ts";
import { connectionsCheck } from "../src/checks/connections.ts";
import { databaseCheck } from "../src/checks/database.ts";
import { isFull, measureRoom, OPENED_MAX } from "../src/room.ts";
import { closedUrl } from "./support/stand-in.ts";
import { SECRETS, stageWith, targetWith, told } from "./support/target.ts";

const targetAt = (DatabaseUrl: string, settings: Record<string, string> = {}) =>
  targetWith({ stage: stageWith(settings), secrets: { ...SECRETS, DatabaseUrl } });

const TWO = { LEO_ORCHESTRATORS: "2" };
const NEED_ONE = "1 with 5 each need 5, and 2 during a deploy need 10";
const NEED_TWO = "2 with 5 each need 10, and 3 during a deploy need 15";

/** PostgreSQL's error message: severity, code and text. */
const refusal = (code: string, text: string) => {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0\0`);
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
};

interface Pooler {
  url: string;
  /** The most connections that were open at once, and those that are open now. */
  most: () => number;
  open: () => number;
}

/** What a session pooler does: a connection of the server's for each client, and after so many a refusal in its own words. */
const withPooler = async (size: number, refuse: Buffer | "wait", work: (pooler: Pooler) => Promise<void>) => {
  const { hostname, port } = new URL(inject("postgresUrl"));
  let open = 0;
  let most = 0;
  const server = createServer((client) => {
    client.on("error", () => client.destroy());
    if (open >= size) {
      // After the client's first message, as a pooler knows only then who it is.
      client.once("data", () => {
        if (refuse !== "wait") client.end(refuse);
      });
      return;
    }
    open += 1;
    most = Math.max(most, open);
    const upstream = connect(Number(port), hostname);
    upstream.on("error", () => client.destroy());
    upstream.on("close", () => client.destroy());
    client.on("close", () => {
      open -= 1;
      upstream.destroy();
    });
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await withDatabase(async (databaseUrl) => {
      const url = new URL(databaseUrl);
      url.port = String((server.address() as AddressInfo).port);
      await work({ url: url.href, most: () => most, open: () => open });
    });
  } finally {
    server.close();
  }
};

const SUPAVISOR = refusal(
  "XX000",
  "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size",
);

test("a session pooler of 15 has room for one orchestrator and for two, also during a deploy", () =>
  withPooler(15, SUPAVISOR, async ({ url, most, open }) => {
    expect(await told(connectionsCheck, targetAt(url))).toEqual([
      `ok: room for the orchestrators: ${NEED_ONE}`,
    ]);
    // What the stage needs and one more, whatever there may be.
    expect(most()).toBe(11);
    expect(await told(connectionsCheck, targetAt(url, TWO))).toEqual([
      `ok: room for the orchestrators: ${NEED_TWO}; a deploy leaves none for anybody else`,
    ]);
    await expect.poll(open).toBe(0);
  }));

test.for([
  ["Supabase's pooler", SUPAVISOR],
  [
    "a newer one",
    refusal(
      "XX000",
      "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 8",
    ),
  ],
  ["PgBouncer's own limit", refusal("08P01", "no more connections allowed (max_client_conn)")],
  ["PgBouncer that lets clients wait", "wait"],
] as const)("a full %s is too small for a deploy, and then for running at all", ([, refuse]) =>
  withPooler(8, refuse, async ({ url }) => {
    expect(await told(connectionsCheck, targetAt(url))).toEqual([
      `warning: it offers 8 connections, too few for a deploy; orchestrators: ${NEED_ONE}`,
    ]);
    expect(await told(connectionsCheck, targetAt(url, TWO))).toEqual([
      `failure: it offers 8 connections; orchestrators: ${NEED_TWO}`,
    ]);
  }),
);

test("PostgreSQL's own limit of a database counts as well, and what Leo uses is no lack", () =>
  withDatabase(async (url) => {
    const role = `leo_doctor_${process.pid}_${Date.now()}`;
    await runSql(url, `create role ${role} login password 'p' connection limit 12`);
    const asRole = new URL(url);
    asRole.username = role;
    asRole.password = "p";
    const clients: Client[] = [];
    try {
      expect(await told(connectionsCheck, targetAt(asRole.href))).toEqual([
        `ok: room for the orchestrators: ${NEED_ONE}`,
      ]);
      // A running orchestrator.
      for (let count = 0; count < 5; count += 1) {
        const client = new Client({ connectionString: asRole.href });
        clients.push(client);
        await client.connect();
        await client.query(`set application_name = '${count === 0 ? "leo-listener" : "leo-orchestrator"}'`);
      }
      expect(await told(connectionsCheck, targetAt(asRole.href))).toEqual([
        `ok: room for the orchestrators: ${NEED_ONE}`,
      ]);
      expect(await told(connectionsCheck, targetAt(asRole.href, TWO))).toEqual([
        `warning: it offers 12 (5 of them in use by Leo) connections, too few for a deploy; orchestrators: ${NEED_TWO}`,
      ]);
      for (const client of clients) await client.query("select 1");
    } finally {
      await Promise.all(clients.map((client) => client.end()));
      await runSql(url, `drop role ${role}`);
    }
  }));

test("a pooler with nothing left is told as such, and checks take turns with what there is", () =>
  withPooler(1, SUPAVISOR, async ({ url, most }) => {
    const target = targetAt(url);
    const both = await Promise.all([told(connectionsCheck, target), told(connectionsCheck, target)]);
    expect(both.flat()).toEqual(
      Array.from({ length: 2 }, () => `failure: it offers 1 connections; orchestrators: ${NEED_ONE}`),
    );
    expect(most()).toBe(1);
    const taken = new Client({ connectionString: url });
    await taken.connect();
    try {
      await expect(told(connectionsCheck, targetAt(url))).rejects.toThrow("needs a working database");
      const [first] = await told(
        databaseCheck,
        targetWith({ stage: undefined, secrets: { ...SECRETS, DatabaseUrl: url } }),
      );
      expect(first).toBe("failure: it can't be used: it has no connection left");
    } finally {
      await taken.end();
    }
  }));

test("no more than a bound are opened, and what is no lack of room is thrown", async () => {
  let open = 0;
  const client = { end: async () => void (open -= 1) } as unknown as Client;
  expect(
    await measureRoom(1_000, async () => {
      open += 1;
      return client;
    }),
  ).toEqual({ free: OPENED_MAX, isAll: false });
  expect(open).toBe(0);
  const refused = Object.assign(new Error("password authentication failed"), { code: "28P01" });
  expect(isFull(refused)).toBe(false);
  await expect(measureRoom(5, () => Promise.reject(refused))).rejects.toBe(refused);
  await expect(
    told(connectionsCheck, targetAt((await closedUrl()).replace("http", "postgresql"))),
  ).rejects.toThrow("needs a working database");
});
