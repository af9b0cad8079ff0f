import type { Check } from "../check.ts";
import { type Finding, LeftOut, ok, warning, WORKING_DATABASE } from "../finding.ts";
import { NoDatabase, withDatabase } from "../database.ts";
import type { Target } from "../target.ts";

/** Leo's schema belongs to the role of DatabaseUrl, which `leo.banned_users()` runs as. */
const LOOK = `
  select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
  from pg_namespace n join pg_class c on c.relnamespace = n.oid join pg_attribute a on a.attrelid = c.oid
  where n.nspname = 'auth' and c.relname = 'users' and a.attname = 'banned_until'`;

const look = (target: Target): Promise<Finding[]> =>
  withDatabase(target, async (client) => {
    const { rows } = await client.query<{ readable: boolean }>(LOOK);
    const [users] = rows;
    if (!users) {
      return [
        warning(
          "auth.users is not in this database, so a ban in Supabase stops new tokens only",
          "Use the Supabase project's own database, or suspend a banned user on /admin as well.",
        ),
      ];
    }
    if (!users.readable) {
      return [
        warning(
          "the role of DatabaseUrl may not read auth.users, so a ban in Supabase stops new tokens only",
          "Run `grant usage on schema auth to …; grant select on auth.users to …`.",
        ),
      ];
    }
    return [ok("a user who is banned in Supabase is suspended here")];
  });

/** Whether the orchestrators can see bans in Supabase; docs/operations.md says what follows. */
export const bansCheck: Check = {
  name: "bans",
  run: async (target) => {
    try {
      return await look(target);
    } catch (error) {
      if (!(error instanceof NoDatabase)) throw error;
      throw new LeftOut(WORKING_DATABASE, { cause: error });
    }
  },
};
