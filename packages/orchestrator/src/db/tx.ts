/**
 * Transactions. `tx` opens one, or joins the one that is running; whatever is called within finds it with
 * `useTx`, through any number of calls and awaits. Each is one actor's: a user's, in which row-level security
 * leaves only that user's rows, or Leo's own. Keep it short, and wait for no other connection in it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { escapeLiteral } from "pg";
import type { Logger } from "pino";
import type { Database, Tx } from "./database.ts";
import { SERVICE_ROLE, USER_ROLE, USER_SETTING } from "./schema/policies.ts";

/** Who a transaction acts for. */
export type Actor = { kind: "service" } | { kind: "user"; userId: string };

/** Leo itself, which has all rows. */
export const SERVICE: Actor = { kind: "service" };

/** Where a verb's transactions come from, and whose they are. */
export interface Transactor {
  database: Pick<Database, "begin">;
  log: Logger;
  /** The user whose transactions these are; absent: Leo's own. */
  userId?: string;
}

export type Effect = () => void | Promise<void>;

/** A transaction that has begun, shared by all that joined it. */
interface Running {
  tx: Tx;
  /** Which database it is of: each has one. */
  begin: Database["begin"];
  owner: Actor;
  /** Whose role the connection has at the moment. */
  acting: Actor;
  effects: Effect[];
  isOver: boolean;
}

/** What one line of calls within a transaction knows: others may be in the same one as another actor. */
interface Scope {
  running: Running;
  actor: Actor;
}

const scopes = new AsyncLocalStorage<Scope>();

const isSame = (one: Actor, other: Actor): boolean =>
  one.kind === "user" ? other.kind === "user" && one.userId === other.userId : other.kind === "service";

const nameOf = (actor: Actor): string => (actor.kind === "user" ? `user ${actor.userId}` : "Leo");

/** SQL that gives the transaction an actor's role until it ends. */
const become = (actor: Actor): string =>
  actor.kind === "service"
    ? `set local role ${SERVICE_ROLE}`
    : `set local role ${USER_ROLE}; select set_config('${USER_SETTING}', ${escapeLiteral(actor.userId)}, true)`;

const actorOf = ({ userId }: Transactor): Actor =>
  userId === undefined ? SERVICE : { kind: "user", userId };

/** The scope while its transaction runs. What was started in one and outlives it is in none. */
const current = (): Scope | undefined => {
  const scope = scopes.getStore();
  return scope?.running.isOver ? undefined : scope;
};

/** @throws Error outside a transaction, or while another part of it acts as somebody else */
const required = (): Scope => {
  const scope = current();
  if (!scope) throw new Error("no transaction is running here: call this within tx(…)");
  const { acting } = scope.running;
  if (!isSame(scope.actor, acting))
    throw new Error(
      `this transaction acts for ${nameOf(acting)} at the moment: await asActor before going on`,
    );
  return scope;
};

/** The running transaction. @throws Error outside of one */
export const useTx = (): Tx => required().running.tx;

/**
 * Does something once the running transaction is committed, and never when it is rolled back. Nothing can be
 * undone by then, so an effect that fails is logged and the verb has succeeded all the same.
 * @throws Error outside a transaction
 */
export const afterCommit = (effect: Effect): void => {
  required().running.effects.push(effect);
};

const carryOut = async (effects: Effect[], log: Logger): Promise<void> => {
  for (const effect of effects) {
    try {
      await effect();
    } catch (cause) {
      log.error({ err: cause, event: "effect_failed" }, "what follows a committed change failed");
    }
  }
};

/** @throws Error when the running transaction is another database's or another actor's */
const assertJoinable = ({ running, actor }: Scope, transactor: Transactor): void => {
  const wanted = actorOf(transactor);
  if (running.begin !== transactor.database.begin)
    throw new Error("a transaction of another database is running: end it first");
  // Within `asActor` the context is still that of the transaction's owner.
  if (isSame(wanted, actor) || isSame(wanted, running.owner)) return;
  throw new Error(`a transaction of ${nameOf(actor)} is running: act for ${nameOf(wanted)} with asActor(…)`);
};

/**
 * Does the work in one transaction: in the running one, or in a new one that is committed when the work is
 * done and rolled back when it throws.
 * @param transactor the context; it says whose transaction this is
 * @param first SQL that travels with `begin`, such as that of a lock
 * @throws whatever the work throws; Error when a transaction of somebody else is running
 */
export const tx = async <T>(
  transactor: Transactor,
  work: (tx: Tx) => Promise<T>,
  first?: string,
): Promise<T> => {
  const outer = current();
  if (outer) {
    assertJoinable(outer, transactor);
    const joined = useTx();
    if (first) await joined.client.query(first);
    return work(joined);
  }
  const owner = actorOf(transactor);
  const { begin } = transactor.database;
  const effects: Effect[] = [];
  const becoming = [owner.kind === "user" ? become(owner) : undefined, first].filter(Boolean).join("; ");
  const result = await begin(becoming, async (begun) => {
    const running: Running = { tx: begun, begin, owner, acting: owner, effects, isOver: false };
    try {
      return await scopes.run({ running, actor: owner }, () => work(begun));
    } finally {
      running.isOver = true;
    }
  });
  await scopes.exit(() => carryOut(effects, transactor.log));
  return result;
};

/**
 * Does a step of the running transaction as somebody else: Leo's own step within a user's request, such as
 * setting money aside, for which the user's role has no rights. After it, also after one that throws, the
 * transaction is again whose it was.
 * @param first SQL that travels with the change of roles, such as that of a lock
 * @throws Error outside a transaction
 */
export const asActor = async <T>(actor: Actor, step: (tx: Tx) => Promise<T>, first?: string): Promise<T> => {
  const { running, actor: before } = required();
  const { client } = running.tx;
  if (isSame(actor, before)) {
    if (first) await client.query(first);
    return step(running.tx);
  }
  running.acting = actor;
  try {
    await client.query([become(actor), first].filter(Boolean).join("; "));
    return await scopes.run({ running, actor }, () => step(running.tx));
  } finally {
    // After an error of PostgreSQL's this fails too, and so does all that comes until the rollback.
    await client.query(become(before)).then(
      () => (running.acting = before),
      () => undefined,
    );
  }
};
