/**
 * The two roles that Leo's SQL runs as, neither of which can log in (`policies.ts`). The role of
 * `DATABASE_URL` owns the schema, migrates it, and becomes one of them for everything else.
 */
import type { ClientBase } from "pg";
import { SERVICE_ROLE, USER_ROLE } from "./schema/policies.ts";

/**
 * Makes what is missing. Databases of one cluster share their roles, so two may do this at once.
 * From PostgreSQL 16 on the owner may become these roles and has none of their rights by itself.
 */
const ROLES = `
do $$
declare
  wanted text;
  grants_options constant boolean := current_setting('server_version_num')::int >= 160000;
begin
  foreach wanted in array array['${SERVICE_ROLE}', '${USER_ROLE}'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    if grants_options and not pg_has_role(wanted, 'set') then
      execute format('grant %I to current_user with inherit false, set true', wanted);
    elsif not grants_options and not pg_has_role(wanted, 'member') then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
end $$`;

/**
 * Gives each role the privileges that its policies speak of, and nobody else any. A table without
 * policies is closed to both. `force` holds the owner to the policies too. Only a new table is locked.
 */
const PRIVILEGES = `
do $$
declare
  stranger text;
  wanted record;
begin
  grant usage on schema leo to ${SERVICE_ROLE}, ${USER_ROLE};
  revoke all on schema leo from public;
  revoke all on all tables in schema leo from public;
  revoke all on all sequences in schema leo from public;
  revoke all on all routines in schema leo from public;
  for stranger in
    select rolname from pg_roles where rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
  loop
    execute format('revoke all on schema leo from %I', stranger);
    execute format('revoke all on all tables in schema leo from %I', stranger);
    execute format('revoke all on all sequences in schema leo from %I', stranger);
    execute format('revoke all on all routines in schema leo from %I', stranger);
    execute format('alter default privileges in schema leo revoke all on tables from %I', stranger);
    execute format('alter default privileges in schema leo revoke all on sequences from %I', stranger);
    execute format('alter default privileges in schema leo revoke all on routines from %I', stranger);
  end loop;

  if not exists (select from pg_policies where schemaname = 'leo' and tablename = '__drizzle_migrations') then
    create policy owner on leo.__drizzle_migrations to current_user using (true) with check (true);
  end if;
  for wanted in
    select oid::regclass as name from pg_class
    where relnamespace = 'leo'::regnamespace and relkind in ('r', 'p')
      and not (relrowsecurity and relforcerowsecurity)
  loop
    execute format('alter table %s enable row level security, force row level security', wanted.name);
  end loop;
  for wanted in
    select format('%I.%I', schemaname, tablename) as name, role, command
    from pg_policies, unnest(roles) as role,
         unnest(case cmd when 'ALL' then array['select', 'insert', 'update', 'delete'] else array[cmd] end) as command
    where schemaname = 'leo' and role in ('${SERVICE_ROLE}', '${USER_ROLE}')
      and not has_table_privilege(role, format('%I.%I', schemaname, tablename), command)
  loop
    execute format('grant %s on %s to %I', wanted.command, wanted.name, wanted.role);
  end loop;
end $$`;

/**
 * Tells who is banned in Supabase, whose table only the owner may read. Empty where there is no such table
 * or no right to it. It runs as the owner, takes nothing in, and gives out ids alone.
 */
const BANS = `
create or replace function leo.banned_users() returns setof uuid
language plpgsql stable security definer set search_path = '' as $f$
begin
  -- A name in a schema that is closed to this role would be an error.
  if not exists (
    select from pg_namespace n join pg_class c on c.relnamespace = n.oid join pg_attribute a on a.attrelid = c.oid
    where n.nspname = 'auth' and c.relname = 'users' and a.attname = 'banned_until'
      and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
  ) then return; end if;
  return query execute 'select id from auth.users where banned_until > now()';
end $f$;
grant execute on function leo.banned_users() to ${SERVICE_ROLE}`;

/** Before the migrations, whose policies name the roles. */
export const createRoles = (client: ClientBase) => client.query(ROLES);

/** After the migrations. */
export const closeSchema = async (client: ClientBase): Promise<void> => {
  await client.query(BANS);
  await client.query(PRIVILEGES);
};
