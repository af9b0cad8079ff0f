/** Makes a used database as it was before, which is much quicker than to copy and warm up a new one. */
import { Client } from "pg";

/** Ends who is still connected, and waits for that. */
const DISCONNECT = `
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()`;

/** Empties the tables in which there is something. */
const EMPTY = `
do $$
declare
  each record;
  is_used boolean;
  used text[] := '{}';
begin
  for each in
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname = 'leo' and tablename <> '__drizzle_migrations'
  loop
    execute format('select exists (select from %s)', each.name) into is_used;
    if is_used then used := used || each.name; end if;
  end loop;
  if used <> '{}' then execute 'truncate ' || array_to_string(used, ', ') || ' restart identity cascade'; end if;
end $$`;

/** All that a test may have changed beside rows: relations, columns, rights, policies, functions, owners. */
const SHAPE = `
with own as (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
select md5(string_agg(line, ';' order by line)) as shape from (
  select concat_ws(' ', 'schema', nspname, nspowner, nspacl) from pg_namespace where oid in (table own)
  union all
  select concat_ws(' ', 'relation', relnamespace, relname, relkind, relowner, relacl, relrowsecurity, relforcerowsecurity, reloptions)
  from pg_class where relnamespace in (table own)
  union all
  select concat_ws(' ', 'column', attrelid, attname, atttypid, attnotnull, attacl)
  from pg_attribute join pg_class on pg_class.oid = attrelid where relnamespace in (table own) and attnum > 0
  union all
  select concat_ws(' ', 'constraint', conrelid, conname, pg_get_constraintdef(oid)) from pg_constraint
  where connamespace in (table own)
  union all
  select concat_ws(' ', 'policy', polrelid, polname, polcmd, polroles, polqual, polwithcheck) from pg_policy
  union all
  select concat_ws(' ', 'function', pronamespace, proname, proowner, proacl, prosrc) from pg_proc
  where pronamespace in (table own)
  union all
  select concat_ws(' ', 'trigger', tgrelid, tgname, tgenabled) from pg_trigger
  union all
  select concat_ws(' ', 'database', datdba, datacl) from pg_database where datname = current_database()
) as lines (line)`;

const connected = async <T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const shapeOf = async (client: Client): Promise<string> => {
  const { rows } = await client.query<{ shape: string }>(SHAPE);
  return rows[0]?.shape ?? "";
};

/** All but the rows, as one word: two databases with the same have the same schema, rights and owners. */
export const shapeOfDatabase = (databaseUrl: string): Promise<string> => connected(databaseUrl, shapeOf);

/**
 * Ends all connections to a database, and empties it if its shape is still that.
 * @returns whether it is
 */
export const emptied = (databaseUrl: string, shape: string): Promise<boolean> =>
  connected(databaseUrl, async (client) => {
    await client.query(DISCONNECT);
    if ((await shapeOf(client)) !== shape) return false;
    await client.query(EMPTY);
    return true;
  });
