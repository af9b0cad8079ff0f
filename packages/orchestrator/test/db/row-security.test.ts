/**
 * Row-level security, read from PostgreSQL's own catalogue and tried table by table, so that a table
 * without policies, or with policies that let another user's row through, is found without a word here.
 */
import type { ClientBase } from "pg";
import { pino } from "pino";
import { describe, expect, inject, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { runSql, withDatabase } from "@leo/local/testing/database.ts";
import { migrateDatabase, openDatabase, type Database, type Queryable } from "../../src/db/database.ts";
import { tx } from "../../src/db/tx.ts";
import { audit } from "../../src/db/schema.ts";
import { withContext, type TestContext } from "../support/context.ts";
import { seedRows } from "../support/rows.ts";

const DENIED = "42501";
/** Rows of this table are nobody's. Its only policy is its owner's. */
const MIGRATIONS = "__drizzle_migrations";
/** Holds nothing of a user. Everybody may read it and nobody but Leo change it. */
const COMMON = "platform_settings";

/** Hold nothing that a user's request reads or writes. */
const OPERATORS = ["audit", "object_walk", "orphans"];

type Row = Record<string, unknown>;

const tablesOf = async (client: Queryable): Promise<string[]> => {
  const { rows } = await client.query<{ relname: string }>(
    "select relname from pg_class where relnamespace = 'leo'::regnamespace and relkind in ('r', 'p') order by relname",
  );
  return rows
    .map(({ relname }) => relname)
    .filter((name) => ![MIGRATIONS, COMMON, ...OPERATORS].includes(name));
};

/** Tables that are not closed to whoever has no policy. */
const openTables = async (client: Queryable): Promise<string[]> => {
  const { rows } = await client.query<{ relname: string }>(
    `select relname from pg_class c
     where relnamespace = 'leo'::regnamespace and relkind in ('r', 'p')
       and not (relrowsecurity and relforcerowsecurity and exists (select from pg_policy where polrelid = c.oid))`,
  );
  return rows.map(({ relname }) => relname);
};

/** What came of a statement: the number of rows it touched, or the code of its refusal. Nothing of it stays. */
const attempt = async (client: Queryable, text: string, values: unknown[] = []): Promise<number | string> => {
  await client.query("savepoint before");
  try {
    return (await client.query(text, values)).rowCount ?? 0;
  } catch (cause) {
    return (cause as { code: string }).code;
  } finally {
    await client.query("rollback to savepoint before");
  }
};

/** The rows that a role sees; its refusal counts as none. */
const seen = async (client: Queryable, table: string): Promise<Row[]> => {
  const text = `select to_jsonb(t) as row from leo.${table} t`;
  if ((await attempt(client, text)) === DENIED) return [];
  return (await client.query<{ row: Row }>(text)).rows.map(({ row }) => row);
};

const withTwoUsers = (
  run: (context: TestContext, ann: string, bob: string, tables: string[]) => Promise<void>,
) =>
  withContext({}, async (context) => {
    const [ann, bob] = [newId(), newId()];
    await seedRows(context.database, ann);
    await seedRows(context.database, bob);
    await run(context, ann, bob, await tablesOf(context.database.pool));
  });

const as = (database: Database, userId: string) => ({ database, userId, log: pino({ level: "silent" }) });

/** Ends the transaction without keeping what was done in it. */
const asUser = async (database: Database, userId: string, work: (client: Queryable) => Promise<void>) => {
  const done = new Error("done");
  const run = tx(as(database, userId), async ({ client }) => {
    await work(client);
    throw done;
  });
  await expect(run).rejects.toBe(done);
};

describe("every table of the schema", () => {
  test("has row security on and forced, and a policy; rights follow from policies", () =>
    withContext({}, async ({ database: { pool } }) => {
      expect((await tablesOf(pool)).length).toBeGreaterThan(9);
      expect(await openTables(pool)).toEqual([]);
      const { rows: unbacked } = await pool.query(`
        select c.relname, r.rolname, a.privilege_type
        from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
        where c.relnamespace = 'leo'::regnamespace and a.grantee <> c.relowner
          and not exists (
            select from pg_policies p
            where p.schemaname = 'leo' and p.tablename = c.relname and r.rolname = any(p.roles)
              and p.cmd in ('ALL', a.privilege_type))`);
      expect(unbacked).toEqual([]);
      const { rows: toAll } = await pool.query(
        "select tablename, policyname from pg_policies where schemaname = 'leo' and 'public' = any(roles)",
      );
      expect(toAll).toEqual([]);
    }));

  test("a new one without a policy is named, and stays closed to both roles", () =>
    withContext({}, async ({ config, database }) => {
      await runSql(config.DATABASE_URL, "create table leo.later as select 1 as secret");
      expect(await openTables(database.pool)).toEqual(["later"]);
      await migrateDatabase(config.DATABASE_URL);
      expect(await openTables(database.pool)).toEqual(["later"]);
      await expect(database.pool.query("select * from leo.later")).rejects.toMatchObject({ code: DENIED });
      await asUser(database, newId(), async (client) =>
        expect(await attempt(client, "select * from leo.later")).toBe(DENIED),
      );
    }));

  test("shows users their own rows and no others, whatever the statement", () =>
    withTwoUsers(async ({ database }, ann, bob, tables) => {
      const foreign = new Map<string, Row>();
      await asUser(database, bob, async (client) => {
        for (const table of tables) {
          const rows = await seen(client, table);
          expect([table, rows.length]).toEqual([table, 1]);
          foreign.set(table, rows[0] ?? {});
        }
      });
      await asUser(database, ann, async (client) => {
        for (const change of [
          "update leo.$ set id = id",
          "delete from leo.$",
          "insert into leo.$ default values",
        ])
          expect([change, await attempt(client, change.replace("$", COMMON))]).toEqual([change, DENIED]);
        for (const [table, bobs] of foreign) {
          const [anns = {}, ...others] = await seen(client, table);
          const columns = Object.keys(bobs);
          expect([table, others]).toEqual([table, []]);
          expect([table, anns]).not.toEqual([table, bobs]);

          const same = `update leo.${table} set ${columns[0]} = ${columns[0]}`;
          expect([table, "update", [1, DENIED]]).toEqual([
            table,
            "update",
            expect.arrayContaining([await attempt(client, same)]),
          ]);
          expect([table, "delete", [1, DENIED]]).toEqual([
            table,
            "delete",
            expect.arrayContaining([await attempt(client, `delete from leo.${table}`)]),
          ]);
          const copy = `insert into leo.${table} select * from jsonb_populate_record(null::leo.${table}, $1)`;
          expect([table, "insert", await attempt(client, copy, [bobs])]).toEqual([table, "insert", DENIED]);
          for (const column of ["owner_id", "app_id", "generation_id", "base_generation_id"]) {
            if (!columns.includes(column)) continue;
            const id = bobs[column] ?? foreign.get("generations")?.["id"];
            const move = `update leo.${table} set ${column} = $1`;
            expect([table, column, await attempt(client, move, [id])]).toEqual([table, column, DENIED]);
            const stray = { ...anns, [column]: id };
            expect([table, column, await attempt(client, copy, [stray])]).toEqual([table, column, DENIED]);
          }
        }
      });
    }));

  test("of the operators is closed to users, and audit entries can't change until they are old", () =>
    withContext({}, async ({ database }) => {
      await database.orm.insert(audit).values({
        id: newId(),
        at: new Date(),
        actorId: newId(),
        action: "intake",
        before: {},
        after: {},
        requestId: "r",
      });
      await asUser(database, newId(), async (client) => {
        for (const table of OPERATORS)
          for (const statement of [`select from leo.${table}`, `insert into leo.${table} default values`])
            expect([statement, await attempt(client, statement)]).toEqual([statement, DENIED]);
      });
      for (const change of ["update leo.audit set action = 'launches'", "truncate leo.audit"])
        await expect(database.pool.query(change)).rejects.toMatchObject({ code: DENIED });
      await database.pool.query("delete from leo.audit");
      expect(await database.orm.select({ action: audit.action }).from(audit)).toEqual([{ action: "intake" }]);
    }));

  test("shows nothing without a user", () =>
    withTwoUsers(async ({ database: { pool } }, _ann, _bob, tables) => {
      const client = await pool.connect();
      try {
        for (const setting of ["", "set local leo.user_id = ''"]) {
          await client.query(`begin; set local role leo_user; ${setting}`);
          for (const table of tables) expect([table, await seen(client, table)]).toEqual([table, []]);
          await client.query("rollback");
        }
      } finally {
        client.release();
      }
    }));
});

describe("the roles", () => {
  test("cannot log in, bypass nothing, own nothing and are no superusers", () =>
    withContext({}, async ({ database: { pool } }) => {
      const { rows: roles } = await pool.query(
        `select rolname, rolcanlogin, rolbypassrls, rolsuper, rolcreaterole, rolcreatedb
         from pg_roles where rolname in ('leo_service', 'leo_user') order by rolname`,
      );
      const powerless = {
        rolcanlogin: false,
        rolbypassrls: false,
        rolsuper: false,
        rolcreaterole: false,
        rolcreatedb: false,
      };
      expect(roles).toEqual([
        { rolname: "leo_service", ...powerless },
        { rolname: "leo_user", ...powerless },
      ]);
      const { rows } = await pool.query(
        `select current_user as role, count(*) filter (where pg_get_userbyid(relowner) = current_user)::int as owned,
                has_schema_privilege('leo', 'create') as creates, row_security_active('leo.apps') as active
         from pg_class where relnamespace = 'leo'::regnamespace`,
      );
      expect(rows).toEqual([{ role: "leo_service", owned: 0, creates: false, active: true }]);
      await expect(pool.query("drop table leo.events")).rejects.toMatchObject({ code: DENIED });
    }));

  test("a transaction is its user's until it ends, and its connection Leo's again after", () =>
    withTwoUsers(async ({ config }, ann, bob) => {
      const database = openDatabase(config.DATABASE_URL, 1, () => undefined);
      const who = "select current_user as role, current_setting('leo.user_id', true) as user";
      const read = async (client: Queryable) => (await client.query<Row>(who)).rows[0];
      try {
        for (const userId of [ann, bob])
          expect(await tx(as(database, userId), ({ client }) => read(client))).toEqual({
            role: "leo_user",
            user: userId,
          });
        expect(await read(database.pool)).toEqual({ role: "leo_service", user: "" });
        const renamed = tx(as(database, ann), async ({ client }) => {
          await client.query("update leo.apps set name = 'Other'");
          throw new Error("on second thoughts");
        });
        await expect(renamed).rejects.toThrow("on second thoughts");
        const { rows } = await database.pool.query<Row>("select distinct name from leo.apps");
        expect(rows).toEqual([{ name: "Notes" }]);
        await expect(tx(as(database, "'; drop schema leo; --"), async () => undefined)).resolves.toBe(
          undefined,
        );
        expect(await read(database.pool)).toEqual({ role: "leo_service", user: "" });
      } finally {
        await database.close();
      }
    }));

  test("the public API's roles have no access, whatever they were granted before", () =>
    withTwoUsers(async ({ config }, _ann, _bob, tables) => {
      const { DATABASE_URL } = config;
      const make = (role: string) =>
        `do $$ begin create role ${role} nologin; exception when duplicate_object or unique_violation then null; end $$`;
      for (const role of ["anon", "authenticated"]) {
        await runSql(DATABASE_URL, make(role));
        await runSql(
          DATABASE_URL,
          `grant usage on schema leo to ${role}; grant all on all tables in schema leo to ${role}`,
        );
      }
      await migrateDatabase(DATABASE_URL);
      for (const role of ["anon", "authenticated"])
        for (const table of tables) {
          const look = runSql(DATABASE_URL, `set role ${role}; select * from leo.${table}`);
          await expect(look).rejects.toMatchObject({ code: DENIED });
        }
    }));

  test("the owner is held to the policies too, where it is no superuser", async () => {
    const owner = `owner_${newId().replaceAll("-", "")}`;
    const held = withDatabase(async (databaseUrl) => {
      const name = new URL(databaseUrl).pathname.slice(1);
      await runSql(
        databaseUrl,
        `create role ${owner} login createrole password 'owner'; alter database ${name} owner to ${owner}`,
      );
      // Roles are the cluster's: other tests may have made them, and only who made them may hand them on.
      await migrateDatabase(databaseUrl);
      await runSql(
        databaseUrl,
        `grant leo_service, leo_user to ${owner} with inherit false, set true; drop schema leo cascade`,
      );
      const url = new URL(databaseUrl);
      [url.username, url.password] = [owner, "owner"];
      await migrateDatabase(url.href);
      await migrateDatabase(url.href);
      const database = openDatabase(url.href, 2, () => undefined);
      try {
        const ann = newId();
        await seedRows(database, ann);
        const count = async (client: Pick<ClientBase, "query">) =>
          (await client.query<{ count: number }>("select count(*)::int from leo.apps")).rows[0]?.count;
        expect(await count(database.pool)).toBe(1);
        expect(await tx(as(database, ann), ({ client }) => count(client))).toBe(1);
        const banned = async () => (await database.pool.query("select leo.banned_users() as id")).rows;
        await runSql(
          databaseUrl,
          `create schema auth; create table auth.users (id uuid, banned_until timestamptz);
           insert into auth.users values ('${ann}', now() + interval '1 hour')`,
        );
        expect(await banned()).toEqual([]);
        await runSql(
          databaseUrl,
          `grant usage on schema auth to ${owner}; grant select on auth.users to ${owner}`,
        );
        expect(await banned()).toEqual([{ id: ann }]);
        const client = await database.pool.connect();
        await client.query("reset role");
        expect(await count(client)).toBe(0);
        expect((await client.query("select from leo.events")).rowCount).toBe(0);
        client.release(true);
        // What goes with the app goes as the owner.
        await database.pool.query("delete from leo.apps");
        expect((await database.pool.query("select from leo.events")).rowCount).toBe(0);
      } finally {
        await database.close();
      }
    });
    await Promise.allSettled([held]);
    await runSql(inject("postgresUrl"), `drop role if exists ${owner}`);
    await held;
  });
});

test("what a page asks for is still found by its index", () =>
  withContext({}, async ({ config, database }) => {
    const [ann, bob, last] = [newId(), newId(), newId()];
    await seedRows(database, ann);
    await runSql(
      config.DATABASE_URL,
      `insert into leo.apps (id, owner_id, name) select gen_random_uuid(), '${bob}', 'Notes' from generate_series(1, 3000);
       insert into leo.generations (id, app_id, owner_id, prompt, mode, max_attempts, memory_mib, vcpu)
       select gen_random_uuid(), id, owner_id, 'notes', 'autonomous', 2, 8192, 4 from leo.apps where owner_id = '${bob}';
       insert into leo.events (generation_id, seq, at, type, body)
       select id, seq, now(), 'log', '{}' from leo.generations, generate_series(2, 4) seq;
       analyze leo.apps; analyze leo.generations; analyze leo.events`,
    );
    const pages = {
      apps: [`owner_id = $1 and deleted_at is null order by updated_at desc, id desc limit 30`, ann],
      generations: ["id = $1", last],
      events: ["generation_id = $1 and seq > 0 order by seq limit 500", last],
      user_messages: ["generation_id = $1", last],
    };
    await asUser(database, ann, async (client) => {
      for (const [table, [condition, id]] of Object.entries(pages)) {
        const { rows } = await client.query<{ "QUERY PLAN": string }>(
          `explain select * from leo.${table} where ${condition}`.replace("$1", `'${id}'`),
        );
        const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
        expect([table, plan]).not.toEqual([
          table,
          expect.stringMatching(/Seq Scan on (apps|generations|events)/),
        ]);
      }
    });
  }));
