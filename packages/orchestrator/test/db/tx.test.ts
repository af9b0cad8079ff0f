import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { userContext, type UserContext } from "../../src/app-context.ts";
import { afterCommit, asActor, SERVICE, tx, useTx, type Actor } from "../../src/db/tx.ts";
import { apps } from "../../src/db/schema.ts";
import { withContext, type TestContext } from "../support/context.ts";
import { openTestDatabase } from "../support/database.ts";

interface Two {
  context: TestContext;
  ann: UserContext;
  bob: UserContext;
}

/** Ann and Bob have one app each. */
const withTwo = (run: (two: Two) => Promise<void>): Promise<void> =>
  withContext({}, async (context) => {
    const [ann, bob] = [userContext(context, randomUUID()), userContext(context, randomUUID())];
    for (const { userId } of [ann, bob])
      await context.database.orm
        .insert(apps)
        .values({ id: randomUUID(), ownerId: userId, name: userId === ann.userId ? "Ann's" : "Bob's" });
    await run({ context, ann, bob });
  });

const namesSeen = async () =>
  (await useTx().orm.select({ name: apps.name }).from(apps)).map(({ name }) => name).toSorted();

const rename = (name: string) => useTx().orm.update(apps).set({ name });

const backend = async () => {
  const { rows } = await useTx().client.query<{ pid: number; role: string }>(
    "select pg_backend_pid() as pid, current_user as role",
  );
  return rows[0];
};

describe("a transaction", () => {
  test("is found by whatever is called within it, and by nothing outside", () =>
    withTwo(async ({ ann }) => {
      const none = "no transaction is running here: call this within tx(…)";
      expect(() => useTx()).toThrow(none);
      expect(() => afterCommit(() => undefined)).toThrow(none);
      await expect(asActor(SERVICE, async () => undefined)).rejects.toThrow(none);
      let later: () => Promise<string[]> = async () => [];
      expect(
        await tx(ann, async () => {
          later = async () => namesSeen();
          await new Promise((resolve) => setImmediate(resolve));
          return namesSeen();
        }),
      ).toEqual(["Ann's"]);
      await expect(later()).rejects.toThrow(none);
    }));

  test("is over for what it started and did not wait for", () =>
    withTwo(async ({ ann }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let left: Promise<unknown> = Promise.resolve();
      await tx(ann, async () => {
        left = promise.then(() => namesSeen());
      });
      resolve();
      await expect(left).rejects.toThrow("no transaction is running here");
    }));

  test("is joined by a verb that is called within another", () =>
    withTwo(async ({ ann }) => {
      await tx(ann, async () => {
        const outer = await backend();
        expect(await tx(ann, backend)).toEqual(outer);
        expect(await tx(ann, () => tx(ann, backend), "set local leo.joined = 'yes'")).toEqual(outer);
        const { rows } = await useTx().client.query("select current_setting('leo.joined') as joined");
        expect(rows).toEqual([{ joined: "yes" }]);
      });
    }));

  test("that fails leaves nothing, not what a joined one did either", () =>
    withTwo(async ({ ann, context }) => {
      const failed = tx(ann, async () => {
        await tx(ann, () => rename("Changed"));
        throw new Error("on second thoughts");
      });
      await expect(failed).rejects.toThrow("on second thoughts");
      expect(await tx(context, namesSeen)).toEqual(["Ann's", "Bob's"]);
    }));

  test("in which a statement failed is never taken for committed", () =>
    withTwo(async ({ ann, context }) => {
      const effects: string[] = [];
      const swallowed = tx(ann, async ({ client }) => {
        await rename("Changed");
        afterCommit(() => void effects.push("told"));
        await client.query("select 1 / 0").catch(() => undefined);
      });
      await expect(swallowed).rejects.toThrow("nothing was committed: a statement of the transaction failed");
      expect(effects).toEqual([]);
      expect(await tx(context, namesSeen)).toEqual(["Ann's", "Bob's"]);
    }));

  test("is refused where one of somebody else or of another database runs", () =>
    withTwo(async ({ ann, bob, context }) => {
      await expect(tx(ann, () => tx(bob, namesSeen))).rejects.toThrow(
        `a transaction of user ${ann.userId} is running: act for user ${bob.userId} with asActor(…)`,
      );
      await expect(tx(ann, () => tx(context, namesSeen))).rejects.toThrow("act for Leo with asActor(…)");
      await expect(tx(context, () => tx(ann, namesSeen))).rejects.toThrow("a transaction of Leo is running");
      const other = openTestDatabase(context.config.DATABASE_URL);
      try {
        const elsewhere = { ...ann, database: other };
        await expect(tx(ann, () => tx(elsewhere, namesSeen))).rejects.toThrow("of another database");
      } finally {
        await other.close();
      }
    }));

  test("of one request knows nothing of another's, however they interleave", () =>
    withTwo(async ({ ann, bob }) => {
      const busy = async (user: UserContext, name: string) => {
        const pids = new Set<number | undefined>();
        await tx(user, async () => {
          for (let turn = 0; turn < 20; turn += 1) {
            await new Promise((resolve) => setImmediate(resolve));
            expect(await namesSeen()).toEqual([name]);
            expect(await tx(user, namesSeen)).toEqual([name]);
            pids.add((await backend())?.pid);
          }
        });
        return [...pids];
      };
      const [anns, bobs] = await Promise.all([busy(ann, "Ann's"), busy(bob, "Bob's")]);
      expect([anns.length, bobs.length]).toEqual([1, 1]);
      expect(anns).not.toEqual(bobs);
    }));

  test("whose connection breaks fails, and the connection is used by nobody again", () =>
    withContext({ LEO_DATABASE_CONNECTIONS: "2" }, async (context) => {
      const effects: string[] = [];
      let broken: number | undefined;
      const cut = tx(context, async ({ client }) => {
        broken = (await backend())?.pid;
        afterCommit(() => void effects.push("told"));
        // In the connection itself, so that its own answer says so.
        await client.query("reset role; select pg_terminate_backend(pg_backend_pid())");
      });
      await expect(cut).rejects.toThrow(/terminating connection/i);
      expect(effects).toEqual([]);
      const next = await tx(context, backend);
      expect(next?.pid).not.toBe(broken);
      expect(context.database.pool.totalCount).toBe(1);
    }));
});

describe("an actor", () => {
  test("that is a user has their rows and no others, and Leo has all", () =>
    withTwo(async ({ ann, bob, context }) => {
      expect(await tx(ann, namesSeen)).toEqual(["Ann's"]);
      expect(await tx(bob, namesSeen)).toEqual(["Bob's"]);
      expect(await tx(context, namesSeen)).toEqual(["Ann's", "Bob's"]);
      await tx(ann, () => rename("Renamed"));
      expect(await tx(context, namesSeen)).toEqual(["Bob's", "Renamed"]);
    }));

  test("does a step within, in the same transaction, and the role is switched back after", () =>
    withTwo(async ({ ann, bob, context }) => {
      const bobs: Actor = { kind: "user", userId: bob.userId };
      await tx(ann, async () => {
        const before = await backend();
        expect(before?.role).toBe("leo_user");
        const within = await asActor(
          SERVICE,
          async () => {
            expect(await namesSeen()).toEqual(["Ann's", "Bob's"]);
            // A verb of Leo's own joins, and so does one that has the user's context.
            expect(await tx(context, namesSeen)).toEqual(["Ann's", "Bob's"]);
            expect(await tx(ann, namesSeen)).toEqual(["Ann's", "Bob's"]);
            expect(await asActor(SERVICE, namesSeen)).toEqual(["Ann's", "Bob's"]);
            expect(await asActor(bobs, namesSeen)).toEqual(["Bob's"]);
            return backend();
          },
          "set local leo.first = 'sent'",
        );
        expect(within).toEqual({ pid: before?.pid, role: "leo_service" });
        expect(await backend()).toEqual(before);
        expect(await namesSeen()).toEqual(["Ann's"]);
        const { rows } = await useTx().client.query("select current_setting('leo.first') as first");
        expect(rows).toEqual([{ first: "sent" }]);
      });
      await tx(context, async () => {
        expect(await asActor(bobs, namesSeen)).toEqual(["Bob's"]);
        expect(await namesSeen()).toEqual(["Ann's", "Bob's"]);
      });
    }));

  test("is switched back when the step throws, and the user is still held to their rows", () =>
    withTwo(async ({ ann }) => {
      await tx(ann, async () => {
        const step = asActor(SERVICE, async () => {
          await rename("Both");
          throw new Error("no room");
        });
        await expect(step).rejects.toThrow("no room");
        expect((await backend())?.role).toBe("leo_user");
        expect(await namesSeen()).toEqual(["Both"]);
        await expect(
          useTx().client.query("insert into leo.platform_settings default values"),
        ).rejects.toMatchObject({ code: "42501" });
      }).catch((cause: unknown) =>
        // The denial above ended the transaction, which must not pass for committed.
        expect((cause as Error).message).toContain("nothing was committed"),
      );
    }));

  test("whose step fails in the database hands nobody its rights: the transaction is over", () =>
    withTwo(async ({ ann, context }) => {
      const after: unknown[] = [];
      const run = tx(ann, async () => {
        const step = asActor(SERVICE, ({ client }) => client.query("select 1 / 0"));
        await step.catch((cause: unknown) => after.push((cause as Error).message));
        await namesSeen();
      });
      await expect(run).rejects.toThrow("this transaction acts for Leo at the moment");
      expect(after).toEqual(["division by zero"]);
      expect(await tx(context, namesSeen)).toEqual(["Ann's", "Bob's"]);
    }));

  test("is not lent to what runs beside its step in the same transaction", () =>
    withTwo(async ({ ann }) => {
      await tx(ann, async () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const step = asActor(SERVICE, () => promise);
        await expect(namesSeen()).rejects.toThrow("this transaction acts for Leo at the moment");
        await expect(tx(ann, namesSeen)).rejects.toThrow("this transaction acts for Leo at the moment");
        resolve();
        await step;
        expect(await namesSeen()).toEqual(["Ann's"]);
      });
    }));
});

describe("an effect", () => {
  test("comes after the commit, once, in order, and outside the transaction", () =>
    withTwo(async ({ ann, context }) => {
      const seen: unknown[] = [];
      const result = await tx(ann, async () => {
        afterCommit(async () => {
          seen.push(await tx(context, namesSeen));
          expect(() => useTx()).toThrow("no transaction is running here");
        });
        await tx(ann, async () => afterCommit(() => void seen.push("joined")));
        await asActor(SERVICE, async () => afterCommit(() => void seen.push("as Leo")));
        await rename("Renamed");
        expect(seen).toEqual([]);
        return "done";
      });
      expect(result).toBe("done");
      expect(seen).toEqual([["Bob's", "Renamed"], "joined", "as Leo"]);
    }));

  test("of a transaction that is rolled back never comes", () =>
    withTwo(async ({ ann }) => {
      const seen: string[] = [];
      const run = tx(ann, async () => {
        afterCommit(() => void seen.push("told"));
        throw new Error("on second thoughts");
      });
      await expect(run).rejects.toThrow("on second thoughts");
      expect(seen).toEqual([]);
    }));

  test("that fails is logged; the verb has succeeded and the next effect comes", () =>
    withTwo(async ({ ann, context }) => {
      const lines: string[] = [];
      const log = pino({ level: "error" }, { write: (line) => void lines.push(line) });
      const seen: string[] = [];
      const result = await tx({ ...ann, log }, async () => {
        afterCommit(() => {
          throw new Error("nobody there");
        });
        afterCommit(() => void seen.push("next"));
        await useTx().orm.update(apps).set({ name: "Renamed" }).where(eq(apps.ownerId, ann.userId));
        return "done";
      });
      expect([result, seen]).toEqual(["done", ["next"]]);
      expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { event: "effect_failed", err: { message: "nobody there" } },
      ]);
      expect(await tx(context, namesSeen)).toEqual(["Bob's", "Renamed"]);
    }));
});
