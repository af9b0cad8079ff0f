/** Who is banned in Supabase is suspended here, and resumed when the ban is over. */
import type { Context } from "../app-context.ts";
import { USERS_CHANNEL } from "../events/append.ts";

/** The user is told; by it a suspension is known as a ban's, which no operator of Leo has spoken. */
const REASON = "It is banned where you sign in.";

const FOLLOW = `
with banned as materialized (
  select id from leo.banned_users() as id
), suspended as (
  update leo.users u set suspended_at = $1, suspended_reason = $2 from banned b
  where u.id = b.id and u.suspended_at is null returning u.id
), resumed as (
  update leo.users u set suspended_at = null, suspended_reason = null
  where u.suspended_reason = $2 and not exists (select from banned b where b.id = u.id) returning u.id
)
select pg_notify($3, id::text) from (select id from suspended union all select id from resumed) changed`;

/** Where Supabase Auth keeps its users in another database there is nothing to follow. */
export const followBans = async ({ database, now }: Pick<Context, "database" | "now">): Promise<void> => {
  await database.pool.query(FOLLOW, [now(), REASON, USERS_CHANNEL]);
};
