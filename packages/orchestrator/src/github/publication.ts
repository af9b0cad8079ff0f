/** Publishing as the owner of an app asks for it and sees it. */
import { and, desc, eq, sql } from "drizzle-orm";
import { newId } from "@leo/core/id.ts";
import type {
  AppPublishing,
  ChangeAppPublishing,
  GithubAccount,
  Publication,
  PublishVersion,
} from "@leo/core/publishing.ts";
import type { Context, UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { appPublishing, githubAccounts, publications } from "../db/schema.ts";
import { retryInvitations } from "./invitations.ts";
import { commitUrl, repositoryUrl } from "./links.ts";
import { findApp } from "../app/app.ts";
import { ApiFault } from "../fault.ts";
import { refuseUnseenSecrets } from "../version/secret-scan.ts";
import { findCompleted, findVersion } from "../version/version.ts";

type Row = typeof publications.$inferSelect;

const view = ({ config }: Pick<Context, "config">, row: Row): Publication => ({
  id: row.id,
  generationId: row.generationId,
  state: row.state,
  automatic: row.automatic,
  failure: row.failure ?? undefined,
  // Stored before the push; a commit that did not arrive is none.
  ...(row.state === "done" && row.commitSha && row.repositoryName
    ? { commitSha: row.commitSha, commitUrl: commitUrl(config, row.repositoryName, row.commitSha) }
    : {}),
  createdAt: row.createdAt.toISOString(),
  finishedAt: row.finishedAt?.toISOString(),
});

const readSettings = async (orm: Orm, appId: string) => {
  const [row] = await orm.select().from(appPublishing).where(eq(appPublishing.appId, appId));
  return row;
};

/** How an app is published, and the newest try of each version. @throws ApiFault `not_found` */
export const viewPublishing = async (context: UserContext, appId: string): Promise<AppPublishing> => {
  const { settings, rows } = await tx(context, async ({ orm }) => {
    await findApp(orm, context.userId, appId);
    return {
      settings: await readSettings(orm, appId),
      rows: await orm
        .selectDistinctOn([publications.generationId])
        .from(publications)
        .where(eq(publications.appId, appId))
        .orderBy(publications.generationId, desc(publications.id)),
    };
  });
  const name = settings?.repositoryName;
  return {
    automatic: settings?.automatic ?? false,
    repository: name ? { name, url: repositoryUrl(context.config, name) } : undefined,
    invitedLogin: settings?.invitedLogin ?? undefined,
    invitationFailure: settings?.invitationFailure ?? undefined,
    publications: rows.map((row) => view(context, row)),
  };
};

/** What belongs to one repository. Without it the next publication makes a new one. */
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
    "Publishing is not set up on this installation. Its operator can add a GitHub token.",
  );
};

/** @throws ApiFault `not_found`; `conflict` where publishing is not set up */
export const changePublishing = async (
  context: UserContext,
  appId: string,
  { automatic, repository }: ChangeAppPublishing,
): Promise<AppPublishing> => {
  const changes = {
    ...(automatic === undefined ? {} : { automatic }),
    ...(repository === null ? DISCONNECTED : {}),
  };
  await tx(context, async ({ orm }) => {
    await findApp(orm, context.userId, appId);
    if (automatic) requireConfigured(context);
    await orm
      .insert(appPublishing)
      .values({ appId, ...changes })
      .onConflictDoUpdate({ target: appPublishing.appId, set: { appId, ...changes } });
  });
  return viewPublishing(context, appId);
};

/**
 * Puts a publication of a completed version into the queue, in the caller's transaction. One that
 * waits already is made due at once and takes over what was confirmed.
 */
const enqueue = async (
  orm: Orm,
  at: Date,
  values: Pick<Row, "appId" | "generationId" | "automatic"> &
    Partial<Pick<Row, "confirmedFindings" | "onTopOf">>,
): Promise<Row> => {
  const { confirmedFindings, onTopOf } = values;
  const [row] = await orm
    .insert(publications)
    .values({ id: newId(), ...values, availableAt: at, createdAt: at })
    .onConflictDoUpdate({
      target: publications.generationId,
      targetWhere: sql`finished_at is null`,
      set: {
        availableAt: sql`least(${publications.availableAt}, ${at.toISOString()}::timestamptz)`,
        ...(confirmedFindings ? { confirmedFindings } : {}),
        ...(onTopOf ? { onTopOf } : {}),
      },
    })
    .returning();
  if (!row) throw new Error(`no publication of ${values.generationId}`);
  return row;
};

/**
 * Asks for a version to be published now.
 * @throws ApiFault `not_found`; `conflict` where publishing is not set up or the version is not
 * complete; `secrets_found` with findings that were not confirmed
 */
export const requestPublication = async (
  context: UserContext,
  generationId: string,
  { confirm, onTopOf }: PublishVersion,
): Promise<Publication> => {
  const { version, settings } = await tx(context, async ({ orm }) => {
    const { appId } = await findCompleted(
      orm,
      context.userId,
      generationId,
      "Only a completed version can be published.",
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

/** A version is complete: publishes it if its app says so. Part of the transaction that completes it. */
export const publishAutomatically = async (
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

/** Sets or clears the GitHub user who is invited to the owner's repositories, those that exist too. */
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
