/** An app's GitHub side for its owner: the repository, pushes, the invited user. */
import { and, desc, eq, sql } from "drizzle-orm";
import { newId } from "@leo/core/id.ts";
import type { AppGithub, ChangeAppGithub, GithubAccount, Push, PushVersion } from "@leo/core/github.ts";
import type { Context, UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { appRepositories, githubAccounts, pushes } from "../db/schema.ts";
import { retryInvitations } from "./invitations.ts";
import { commitUrl, repositoryUrl } from "./links.ts";
import { findApp } from "../app/app.ts";
import { ApiFault } from "../fault.ts";
import { refuseUnseenSecrets } from "../version/secret-scan.ts";
import { findCompleted, findVersion } from "../version/version.ts";

type Row = typeof pushes.$inferSelect;

const view = ({ config }: Pick<Context, "config">, row: Row): Push => ({
  id: row.id,
  generationId: row.generationId,
  state: row.state,
  automatic: row.automatic,
  failure: row.failure ?? undefined,
  // Stored before the push; it counts only if the push succeeded.
  ...(row.state === "done" && row.commitSha && row.repositoryName
    ? { commitSha: row.commitSha, commitUrl: commitUrl(config, row.repositoryName, row.commitSha) }
    : {}),
  createdAt: row.createdAt.toISOString(),
  finishedAt: row.finishedAt?.toISOString(),
});

const readSettings = async (orm: Orm, appId: string) => {
  const [row] = await orm.select().from(appRepositories).where(eq(appRepositories.appId, appId));
  return row;
};

/** An app's repository and the newest push of each version. @throws ApiFault `not_found` */
export const readAppGithub = async (context: UserContext, appId: string): Promise<AppGithub> => {
  const { settings, rows } = await tx(context, async ({ orm }) => {
    await findApp(orm, context.userId, appId);
    return {
      settings: await readSettings(orm, appId),
      rows: await orm
        .selectDistinctOn([pushes.generationId])
        .from(pushes)
        .where(eq(pushes.appId, appId))
        .orderBy(pushes.generationId, desc(pushes.id)),
    };
  });
  const name = settings?.repositoryName;
  return {
    automatic: settings?.automatic ?? false,
    repository: name ? { name, url: repositoryUrl(context.config, name) } : undefined,
    invitedLogin: settings?.invitedLogin ?? undefined,
    invitationFailure: settings?.invitationFailure ?? undefined,
    pushes: rows.map((row) => view(context, row)),
  };
};

/** Fields that belong to one repository. Without them the next push creates a new one. */
const DISCONNECTED = {
  repositoryId: null,
  repositoryName: null,
  headSha: null,
  headGenerationId: null,
  invitedLogin: null,
  invitationFailure: null,
  invitationAt: null,
};

const requireConfigured = ({ config }: Pick<Context, "config">) => {
  if (config.GITHUB_BOT_TOKEN) return;
  throw new ApiFault(
    "conflict",
    "Leo can't push to GitHub on this installation. Its administrator can add a GitHub token.",
  );
};

/** @throws ApiFault `not_found`; `conflict` if no GitHub token is set */
export const changeAppGithub = async (
  context: UserContext,
  appId: string,
  { automatic, repository }: ChangeAppGithub,
): Promise<AppGithub> => {
  const changes = {
    ...(automatic === undefined ? {} : { automatic }),
    ...(repository === null ? DISCONNECTED : {}),
  };
  await tx(context, async ({ orm }) => {
    await findApp(orm, context.userId, appId);
    if (automatic) requireConfigured(context);
    await orm
      .insert(appRepositories)
      .values({ appId, ...changes })
      .onConflictDoUpdate({ target: appRepositories.appId, set: { appId, ...changes } });
  });
  return readAppGithub(context, appId);
};

/**
 * Queues a push of a completed version, in the caller's transaction. If one is already waiting, it becomes due
 * at once and takes over the confirmations.
 */
const enqueue = async (
  orm: Orm,
  at: Date,
  values: Pick<Row, "appId" | "generationId" | "automatic"> &
    Partial<Pick<Row, "confirmedFindings" | "onTopOf">>,
): Promise<Row> => {
  const { confirmedFindings, onTopOf } = values;
  const [row] = await orm
    .insert(pushes)
    .values({ id: newId(), ...values, availableAt: at, createdAt: at })
    .onConflictDoUpdate({
      target: pushes.generationId,
      targetWhere: sql`finished_at is null`,
      set: {
        availableAt: sql`least(${pushes.availableAt}, ${at.toISOString()}::timestamptz)`,
        ...(confirmedFindings ? { confirmedFindings } : {}),
        ...(onTopOf ? { onTopOf } : {}),
      },
    })
    .returning();
  if (!row) throw new Error(`no push of ${values.generationId}`);
  return row;
};

/**
 * Queues a push of a version for its owner.
 * @throws ApiFault `not_found`; `conflict` if no GitHub token is set or the version is not
 * complete; `secrets_found` with findings that were not confirmed
 */
export const requestPush = async (
  context: UserContext,
  generationId: string,
  { confirm, onTopOf }: PushVersion,
): Promise<Push> => {
  const { version, settings } = await tx(context, async ({ orm }) => {
    const { appId } = await findCompleted(
      orm,
      context.userId,
      generationId,
      "Only a completed version can be pushed.",
    );
    requireConfigured(context);
    return {
      version: await findVersion(orm, context.userId, generationId),
      settings: await readSettings(orm, appId),
    };
  });
  await refuseUnseenSecrets(context, version, [confirm, settings?.acceptedFindings]);
  const row = await tx(context, ({ orm }) =>
    enqueue(orm, context.now(), {
      appId: version.appId,
      generationId,
      automatic: false,
      ...(confirm ? { confirmedFindings: confirm } : {}),
      ...(onTopOf ? { onTopOf } : {}),
    }),
  );
  return view(context, row);
};

/** Queues a push of a new version if its app is set to, in the transaction that completes the version. */
export const pushAutomatically = async (
  orm: Orm,
  at: Date,
  generation: { id: string; appId: string },
): Promise<void> => {
  const settings = await readSettings(orm, generation.appId);
  if (!settings?.automatic) return;
  await enqueue(orm, at, { appId: generation.appId, generationId: generation.id, automatic: true });
};

export const readGithubAccount = async (context: UserContext): Promise<GithubAccount> => {
  const [row] = await tx(context, ({ orm }) =>
    orm
      .select({ login: githubAccounts.login })
      .from(githubAccounts)
      .where(eq(githubAccounts.ownerId, context.userId)),
  );
  return { login: row?.login ?? null };
};

/** Sets or clears the GitHub user who is invited to the owner's repositories, including existing ones. */
export const changeGithubAccount = (context: UserContext, { login }: GithubAccount): Promise<GithubAccount> =>
  tx(context, async ({ orm }) => {
    const { userId: ownerId, now } = context;
    if (login === null) await orm.delete(githubAccounts).where(and(eq(githubAccounts.ownerId, ownerId)));
    else {
      const values = { login, updatedAt: now() };
      await orm
        .insert(githubAccounts)
        .values({ ownerId, ...values })
        .onConflictDoUpdate({ target: githubAccounts.ownerId, set: values });
    }
    await retryInvitations(orm, ownerId);
    return { login };
  });
