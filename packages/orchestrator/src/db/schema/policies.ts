/**
 * Row-level security. Every table of schema `leo` names here who may do what with which rows; the
 * roles' privileges are made of these policies (`roles.ts`).
 *
 * - `leo_service` does Leo's own work and has all rows. It owns nothing and bypasses nothing.
 * - `leo_user` serves one user's request (`tx` with their context) and has that user's rows.
 */
import { sql, type SQL } from "drizzle-orm";
import { pgPolicy, pgRole, type AnyPgColumn, type PgPolicy } from "drizzle-orm/pg-core";

export const SERVICE_ROLE = "leo_service";
export const USER_ROLE = "leo_user";
/** The setting that names the user of a transaction. */
export const USER_SETTING = "leo.user_id";

type Command = "select" | "insert" | "update" | "delete";

const service = pgRole(SERVICE_ROLE).existing();
const user = pgRole(USER_ROLE).existing();

/**
 * Null without a user, and then no row is theirs. Stable, so an index serves it; no subquery, because
 * PostgreSQL takes one for recursion where a policy of `generations` looks into `generations`.
 */
const USER = sql.raw(`nullif(current_setting('${USER_SETTING}', true), '')::uuid`);

/** Rows whose column names the user. */
export const isUser = (ownerId: AnyPgColumn): SQL => sql`${ownerId} = ${USER}`;
export const isUsersApp = (appId: AnyPgColumn): SQL =>
  sql`exists (select from leo.apps a where a.id = ${appId} and a.owner_id = ${USER})`;
export const isUsersGeneration = (generationId: AnyPgColumn): SQL =>
  sql`exists (select from leo.generations g where g.id = ${generationId} and g.owner_id = ${USER})`;

/** The same for a column that may name none. */
export const isUsersGenerationOrNone = (generationId: AnyPgColumn): SQL =>
  sql`(${generationId} is null or ${isUsersGeneration(generationId)})`;

const clauses: Record<Command, (mine: SQL) => { using?: SQL; withCheck?: SQL }> = {
  select: (mine) => ({ using: mine }),
  insert: (mine) => ({ withCheck: mine }),
  update: (mine) => ({ using: mine, withCheck: mine }),
  delete: (mine) => ({ using: mine }),
};

/** Leo itself may do everything; with commands named, only those. */
export const serviceMay = (...commands: Command[]): PgPolicy[] =>
  commands.length === 0
    ? [pgPolicy("service", { to: service, for: "all", using: sql`true`, withCheck: sql`true` })]
    : commands.map((command) =>
        pgPolicy(`service_${command}`, { to: service, for: command, ...clauses[command](sql`true`) }),
      );

/** Leo itself may also delete these rows, and no others. */
export const serviceMayDelete = (which: SQL): PgPolicy =>
  pgPolicy("service_delete", { to: service, for: "delete", using: which });

/**
 * What a user's request may do; name the fewest commands that the routes need.
 * @param mine which rows are the user's
 */
export const userMay = (mine: SQL, ...commands: Command[]): PgPolicy[] =>
  commands.map((command) =>
    pgPolicy(`user_${command}`, { to: user, for: command, ...clauses[command](mine) }),
  );
