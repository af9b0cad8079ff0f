/** An app's repository: created once, then found by GitHub's id for it. */
import { eq } from "drizzle-orm";
import type { Context } from "../app-context.ts";
import { appRepositories } from "../db/schema.ts";
import { slug } from "../app/slug.ts";
import { PushFault } from "./push-fault.ts";
import type { GitHub, Repository } from "./client.ts";
import type { Job } from "./push-queue.ts";

const NAME_MAX_CHARS = 80;
const DESCRIPTION_MAX_CHARS = 300;

/** Names in order of preference: two apps may share a name, and all live in one account. */
const namesFor = ({ appId, appName }: Job) => {
  const base = `leo-${slug(appName).slice(0, NAME_MAX_CHARS) || "app"}`;
  return [base, `${base}-${appId.slice(-6)}`, `${base}-${appId.slice(-12)}`];
};

/** Contains the app's id, to recognize a repository whose creation wasn't recorded. */
const descriptionOf = ({ appId, appName }: Job) =>
  `${appName.slice(0, DESCRIPTION_MAX_CHARS)} · made with Leo (${appId})`;

const makeOrAdopt = async (
  { config }: Context,
  github: GitHub,
  job: Job,
  login: string,
): Promise<Repository> => {
  const organization = config.LEO_GITHUB_ORGANIZATION;
  for (const name of namesFor(job)) {
    const made = await github.create(organization, name, descriptionOf(job));
    if (made) return made;
    const taken = await github.findByName(`${organization ?? login}/${name}`);
    if (taken?.private && taken.description?.includes(job.appId)) return taken;
  }
  throw new PushFault("name_taken");
};

/**
 * The app's repository, created if it has none.
 * @param login the account of the token
 * @throws PushFault `repository_gone`, `name_taken`, `refused` (archived)
 */
export const ensureRepository = async (
  context: Context,
  github: GitHub,
  job: Job,
  login: string,
): Promise<Repository> => {
  const { orm } = context.database;
  if (job.repositoryId !== null) {
    const found = await github.findById(job.repositoryId);
    if (!found) throw new PushFault("repository_gone");
    if (found.archived) {
      throw new PushFault("refused", { detail: `${found.name} is archived, so it takes no commits.` });
    }
    if (found.name !== job.repositoryName) {
      await orm
        .update(appRepositories)
        .set({ repositoryName: found.name })
        .where(eq(appRepositories.appId, job.appId));
    }
    return found;
  }
  const made = await makeOrAdopt(context, github, job, login);
  await github.disableActions(made.name);
  await orm
    .insert(appRepositories)
    .values({ appId: job.appId, repositoryId: made.id, repositoryName: made.name })
    .onConflictDoUpdate({
      target: appRepositories.appId,
      set: { repositoryId: made.id, repositoryName: made.name },
    });
  context.log.info(
    { event: "repository_made", appId: job.appId, repository: made.name },
    "made a repository for an app",
  );
  return made;
};
