import { createServer, connect } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, inject, test } from "vitest";
import { runSql, withDatabase } from "@leo/local/testing/database.ts";
import { migrateDatabase } from "@leo/orchestrator/db/database.ts";
import { addressesCheck, type Resolve } from "../src/checks/addresses.ts";
import { databaseCheck } from "../src/checks/database.ts";
import { compare, migrationsCheck } from "../src/checks/migrations.ts";
import { rolesCheck } from "../src/checks/roles.ts";
import { closedUrl } from "./support/stand-in.ts";
import { SECRETS, targetWith, told } from "./support/target.ts";

/** Without the rules for a stage's URL, which ask for encryption. */
const local = (DatabaseUrl: string) => targetWith({ stage: undefined, secrets: { ...SECRETS, DatabaseUrl } });

const databaseAt = async (url: string) => told(databaseCheck, local(url));

describe("the database", () => {
  test("answers and keeps sessions", async () => {
    expect(await databaseAt(inject("postgresUrl"))).toEqual([
      expect.stringMatching(/^ok: PostgreSQL \d+, keeps sessions$/),
    ]);
  });

  test("of a stage is refused by its URL, before anything is sent there", async () => {
    const DatabaseUrl = "postgresql://u:p@pooler.example.com:6543/postgres";
    expect(await told(databaseCheck, targetWith({ secrets: { ...SECRETS, DatabaseUrl } }))).toEqual([
      "failure: DatabaseUrl is the transaction pooler (port 6543), which drops LISTEN and advisory locks",
    ]);
  });

  test("is gone, has another name, or nobody answers", async () => {
    const missing = new URL(inject("postgresUrl"));
    missing.pathname = "/none";
    expect(await databaseAt(missing.href)).toEqual([
      "failure: it can't be used: there is no database of that name",
    ]);
    const closed = new URL(await closedUrl());
    expect(await databaseAt(`postgresql://u:p@${closed.host}/db`)).toEqual([
      "failure: it can't be used: the connection is refused",
    ]);
  });

  test("refuses the user", async () => {
    const stranger = new URL(inject("postgresUrl"));
    stranger.username = "nobody";
    stranger.password = "wrong-password";
    const [line] = await databaseAt(stranger.href);
    expect(line).toMatch(/^failure: it can't be used: it refuses the (password|user)$/);
  });

  test("behind something that takes a new connection for each statement keeps no session", async () => {
    await withSwappingPooler(inject("postgresUrl"), async (url) => {
      expect(await databaseAt(url)).toEqual([
        "failure: it does not keep a session, so LISTEN and advisory locks are lost",
      ]);
    });
  });
});

/**
 * What a transaction pooler does to a session, as far as one client sees it: what was set is gone with
 * the next statement. Each statement is followed by DISCARD ALL, whose answer is left out.
 */
const withSwappingPooler = async (postgresUrl: string, work: (url: string) => Promise<void>) => {
  const { hostname, port } = new URL(postgresUrl);
  const discard = Buffer.concat([Buffer.from("Q"), Buffer.alloc(4), Buffer.from("discard all\0")]);
  discard.writeInt32BE(discard.length - 1, 1);
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let held: Buffer | undefined;
    client.on("data", (data) => upstream.write(data));
    upstream.on("data", (data: Buffer) => {
      if (held) {
        // The answer to DISCARD ALL; the client asks no more before it has the one that was held.
        client.write(held);
        held = undefined;
        return;
      }
      // "SET", complete and ready: only the first statement of the check ends this way.
      if (data.includes("SET\0") && data.includes("Z")) {
        held = data;
        upstream.write(discard);
        return;
      }
      client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(postgresUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  try {
    await work(url.href);
  } finally {
    server.close();
  }
};

describe("migrations", () => {
  const check = migrationsCheck();

  test("are all applied once an orchestrator has started", async () => {
    await withDatabase(async (url) => {
      await migrateDatabase(url);
      expect(await told(check, local(url))).toEqual([
        expect.stringMatching(/^ok: all \d+ migrations are applied$/),
      ]);
    });
  });

  test("are pending in an empty database: as it should be before the first deploy", async () => {
    await withDatabase(async (url) => {
      const pending = /\d+ of \d+ migrations are not applied: 0000_/;
      const [before] = await told(check, { ...local(url), isUp: false });
      expect(before).toMatch(pending);
      expect(before).toMatch(/^ok: .*the first start applies them$/);
      const [after] = await told(check, local(url));
      expect(after).toMatch(/^warning: /);
    });
  });

  test("were edited after they were applied", async () => {
    await withDatabase(async (url) => {
      await migrateDatabase(url);
      await runSql(url, "update leo.__drizzle_migrations set hash = 'other' where id = 1");
      expect(await told(check, local(url))).toEqual([
        expect.stringMatching(/^failure: 0000_\w+: applied in a different form than in this checkout$/),
      ]);
    });
  });

  test("are newer in the database than in this checkout", () => {
    const known = [{ tag: "0000_initial", when: 1, hash: "a" }];
    const applied = new Map([
      [1, "a"],
      [2, "b"],
    ]);
    expect(compare(known, applied, true)).toEqual([
      expect.objectContaining({
        status: "warning",
        message: "the database is newer than this checkout",
      }),
    ]);
  });

  test("are not looked at when the database does not answer", async () => {
    const closed = new URL(await closedUrl());
    await expect(told(check, local(`postgresql://u:p@${closed.host}/db`))).rejects.toThrow(
      "needs a working database",
    );
  });
});

describe("the roles that keep users apart", () => {
  const OK = /^ok: leo_service and leo_user bypass nothing; row-level security is forced on all \d+ tables$/;

  test("are as an orchestrator leaves them, or are made by its first start", async () => {
    await withDatabase(async (url) => {
      expect(await told(rolesCheck(), local(url))).toEqual([
        "ok: schema leo is not there yet; the first start makes it and its roles",
      ]);
      await migrateDatabase(url);
      expect(await told(rolesCheck(), local(url))).toEqual([expect.stringMatching(OK)]);
    });
  });

  test("an open table, a schema exposed to the API and a missing role are reported, and fixed by a start", async () => {
    await withDatabase(async (url) => {
      await migrateDatabase(url);
      await runSql(
        url,
        "alter table leo.apps no force row level security; alter table leo.audit disable row level security; grant usage on schema leo to public",
      );
      expect(await told(rolesCheck(["leo_service", "leo_doctor_none"]), local(url))).toEqual([
        "failure: leo_doctor_none does not exist",
        "failure: row-level security isn't enabled and forced on apps, audit",
        "failure: schema leo is open to public",
      ]);
      await migrateDatabase(url);
      expect(await told(rolesCheck(), local(url))).toEqual([expect.stringMatching(OK)]);
    });
  });

  test("one that bypasses, logs in or owns is told; who may make no role is told what to run", async () => {
    await withDatabase(async (url) => {
      await migrateDatabase(url);
      // Roles belong to the whole server, which other tests use as well: these are made for this one.
      const bad = `leo_doctor_${process.pid}_${Date.now()}`;
      const weak = `${bad}_weak`;
      await runSql(
        url,
        `create role ${bad} login bypassrls; alter table leo.audit owner to ${bad}; create role ${weak} login`,
      );
      try {
        expect(await told(rolesCheck([bad]), local(url))).toEqual([
          `failure: ${bad} bypasses row-level security`,
          `failure: ${bad} can log in`,
          `failure: ${bad} owns tables of schema leo`,
        ]);
        const asWeak = new URL(url);
        asWeak.username = weak;
        expect(await told(rolesCheck([bad]), local(asWeak.href))).toContain(
          `failure: the role of DatabaseUrl may not become ${bad}`,
        );
        expect(await told(rolesCheck(["leo_doctor_none"]), local(asWeak.href))).toEqual([
          "failure: leo_doctor_none don't exist, and the role of DatabaseUrl may not create roles",
        ]);
      } finally {
        await runSql(
          url,
          `reassign owned by ${bad} to current_user; drop owned by ${bad}; drop role ${bad}; drop role ${weak}`,
        );
      }
    });
  });
});

describe("addresses", () => {
  const resolve: Resolve = async (host) => {
    if (host === "pooler.example.com") return [{ family: 4 }, { family: 6 }];
    if (host === "abcdefgh.supabase.co") return [{ family: 6 }];
    throw Object.assign(new Error("no"), { code: "ENOTFOUND" });
  };

  test("of everything that is called must include IPv4", async () => {
    const target = targetWith({ modelUrl: "https://model.example.com" });
    expect(await told(addressesCheck(resolve), target)).toEqual([
      "ok: pooler.example.com has IPv4 and IPv6",
      "failure: abcdefgh.supabase.co only has IPv6, and Leo's network on AWS has no IPv6",
      "warning: model.example.com: the name is not known to DNS",
    ]);
  });

  test("are looked up for real", async () => {
    const secrets = { DatabaseUrl: "postgresql://u:p@127.0.0.1:5432/db", SupabaseUrl: "http://[::1]:9" };
    const target = targetWith({ secrets, modelUrl: "http://127.0.0.1:9" });
    expect(await told(addressesCheck(), target)).toEqual([
      "ok: 127.0.0.1 has IPv4",
      "failure: ::1 only has IPv6, and Leo's network on AWS has no IPv6",
    ]);
  });
});
