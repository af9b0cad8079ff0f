/**
 * Who may see an app's private repository: its owner's current GitHub user, and nobody they named before.
 * The desired state is in `github_accounts`, the last applied one in `app_publishing`; this makes them equal.
 */
import { and, eq, sql } from "drizzle-orm";
import type { Context } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { appRepositories } from "../db/schema.ts";
import { PassingFault, PushFault } from "./push-fault.ts";
import { openGitHub, type GitHub } from "./client.ts";

const BATCH = 10;
/** How long no one else tries; also the wait after a fault. */
const RETRY_MS = 5 * 60_000;
/** The wait after a rejection. A changed user name is tried at once. */
const REFUSED_MS = 24 * 3_600_000;

interface Due {
  appId: string;
  name: string;
  invited: string | null;
  wanted: string | null;
}

const CLAIM = `
update leo.app_publishing s set invitation_at = $2
from (
  select p.app_id, c.login from leo.app_publishing p
  join leo.apps a on a.id = p.app_id and a.deleted_at is null
  left join leo.github_accounts c on c.owner_id = a.owner_id
  where p.repository_id is not null and p.invited_login is distinct from c.login
    and (p.invitation_at is null or p.invitation_at <= $1)
  limit $3 for update of p skip locked
) due
where s.app_id = due.app_id
returning s.app_id as "appId", s.repository_name as name, s.invited_login as invited, due.login as wanted`;

const settle = async (context: Context, github: GitHub, { appId, name, invited, wanted }: Due) => {
  const store = (changes: Partial<typeof appRepositories.$inferInsert>) =>
    context.database.orm
      .update(appRepositories)
      .set(changes)
      .where(and(eq(appRepositories.appId, appId), eq(appRepositories.repositoryName, name)));
  if (invited !== null) {
    await github.uninvite(name, invited);
    await store({ invitedLogin: null });
  }
  if (wanted === null) return;
  if (await github.invite(name, wanted)) {
    await store({ invitedLogin: wanted, invitationFailure: null, invitationAt: null });
    return;
  }
  await store({
    invitationFailure: `GitHub could not invite the user ${wanted}. Check the name on the account page.`,
    invitationAt: new Date(context.now().getTime() + REFUSED_MS),
  });
};

/** Brings the invitations of some apps up to date. Safe to run in several processes at once. */
export const inviteOwners = async (context: Context, signal: AbortSignal): Promise<void> => {
  const { config, database, log, now } = context;
  const token = config.GITHUB_BOT_TOKEN;
  if (!token) return;
  const at = now();
  const { rows } = await database.pool.query<Due>({
    name: "claim-invitations",
    text: CLAIM,
    values: [at, new Date(at.getTime() + RETRY_MS), BATCH],
  });
  const github = openGitHub(config.LEO_GITHUB_API_URL, token, signal);
  for (const due of rows) {
    try {
      await settle(context, github, due);
    } catch (cause) {
      if (!(cause instanceof PushFault || cause instanceof PassingFault)) throw cause;
      log.warn(
        { reason: cause.message, event: "invitation_failed", appId: due.appId },
        "an invitation waits for the next try",
      );
    }
  }
};

/** The owner's user name changed, so their apps stop waiting. */
export const retryInvitations = (orm: Orm, ownerId: string) =>
  orm
    .update(appRepositories)
    .set({ invitationAt: null, invitationFailure: null })
    .where(sql`${appRepositories.appId} in (select id from leo.apps where owner_id = ${ownerId})`);
