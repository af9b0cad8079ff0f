import type { Client } from "pg";
import type { Check } from "../check.ts";
import { failure, type Finding, LeftOut, ok, WORKING_DATABASE } from "../finding.ts";
import { NoDatabase, withDatabase } from "../database.ts";

/** The roles for Leo's own work and for users' requests; docs/tenancy.md says what each may do. */
const ROLES = ["leo_service", "leo_user"];
/** The roles of Supabase's public API. */
const API_ROLES = ["anon", "authenticated", "service_role"];
const RESTART = "Restart an orchestrator; it restores privileges and policies.";

interface Role {
  name: string;
  bypasses: boolean;
  logsIn: boolean;
  owns: boolean;
  /** The role of DatabaseUrl may become it. */
  reachable: boolean;
}

interface Facts {
  roles: Role[];
  /** Without row-level security, or not forced on their owner. */
  openTables: string[];
  tableCount: number;
  /** Roles that can read schema `leo`. */
  strangers: string[];
  mayMakeRoles: boolean;
}

const readFacts = async (client: Client, names: string[]): Promise<Facts> => {
  const roles = await client.query<Role>(
    `select rolname as name, rolsuper or rolbypassrls as bypasses, rolcanlogin as "logsIn",
            exists (select from pg_class where relnamespace = to_regnamespace('leo') and relowner = r.oid) as owns,
            case when current_setting('server_version_num')::int >= 160000
              then pg_has_role(r.oid, 'set') else pg_has_role(r.oid, 'member') end as reachable
     from pg_roles r where rolname = any ($1) order by rolname`,
    [names],
  );
  const tables = await client.query<{ name: string; closed: boolean }>(
    `select relname as name, relrowsecurity and relforcerowsecurity as closed from pg_class
     where relnamespace = to_regnamespace('leo') and relkind in ('r', 'p') order by relname`,
  );
  const strangers = await client.query<{ name: string }>(
    `select coalesce(g.rolname, 'public') as name
     from pg_namespace n, aclexplode(n.nspacl) a left join pg_roles g on g.oid = a.grantee
     where n.nspname = 'leo' and (a.grantee = 0 or g.rolname = any ($1)) group by 1 order by 1`,
    [API_ROLES],
  );
  const own = await client.query<{ may: boolean }>(
    "select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user",
  );
  return {
    roles: roles.rows,
    openTables: tables.rows.filter(({ closed }) => !closed).map(({ name }) => name),
    tableCount: tables.rows.length,
    strangers: strangers.rows.map(({ name }) => name),
    mayMakeRoles: own.rows[0]?.may ?? false,
  };
};

const problemOf = ({ name, bypasses, logsIn, owns, reachable }: Role): Finding[] => [
  ...(bypasses
    ? [failure(`${name} bypasses row-level security`, `Run \`alter role ${name} nosuperuser nobypassrls\`.`)]
    : []),
  ...(logsIn ? [failure(`${name} can log in`, `Run \`alter role ${name} nologin\`.`)] : []),
  ...(owns ? [failure(`${name} owns tables of schema leo`, "Give them to the role of DatabaseUrl.")] : []),
  ...(reachable
    ? []
    : [failure(`the role of DatabaseUrl may not become ${name}`, `Run \`grant ${name} to …\`.`)]),
];

const judge = (facts: Facts, names: string[]): Finding[] => {
  const { roles, openTables, tableCount, strangers, mayMakeRoles } = facts;
  const missing = names.filter((name) => !roles.some((role) => role.name === name));
  if (missing.length > 0 && !mayMakeRoles) {
    return [
      failure(
        `${missing.join(" and ")} don't exist, and the role of DatabaseUrl may not create roles`,
        "Have an administrator run the statements in docs/tenancy.md once.",
      ),
    ];
  }
  if (tableCount === 0) return [ok("schema leo is not there yet; the first start makes it and its roles")];
  const problems = [
    ...missing.map((name) => failure(`${name} does not exist`, RESTART)),
    ...roles.flatMap(problemOf),
    ...(openTables.length > 0
      ? [failure(`row-level security isn't enabled and forced on ${openTables.join(", ")}`, RESTART)]
      : []),
    ...(strangers.length > 0 ? [failure(`schema leo is open to ${strangers.join(", ")}`, RESTART)] : []),
  ];
  if (problems.length > 0) return problems;
  return [
    ok(`${names.join(" and ")} bypass nothing; row-level security is forced on all ${tableCount} tables`),
  ];
};

/** The roles that keep users apart in the database. @param names of the roles, other ones in tests */
export const rolesCheck = (names: string[] = ROLES): Check => ({
  name: "roles",
  run: async (target) => {
    try {
      return judge(await withDatabase(target, (client) => readFacts(client, names)), names);
    } catch (error) {
      if (!(error instanceof NoDatabase)) throw error;
      throw new LeftOut(WORKING_DATABASE, { cause: error });
    }
  },
});
