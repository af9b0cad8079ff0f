/** One attempt to push a version: the scan, the repository, the commit. */
import type { Context } from "../app-context.ts";
import { scanVersion } from "../version/secret-scan.ts";
import { PushFault } from "./push-fault.ts";
import { openGit } from "./git.ts";
import { openGitHub } from "./client.ts";
import { gitUrl } from "./links.ts";
import { commitMessage } from "./commit.ts";
import { pushCommit } from "./push.ts";
import { finish, recordCommit, type Job } from "./push-queue.ts";
import { ensureRepository } from "./repository.ts";
import { withWorkDirectory } from "./work-directory.ts";

/** The first push names the branch; later ones follow a rename. */
const FIRST_BRANCH = "main";

const refuseSecrets = async (context: Context, job: Job, prefix: string) => {
  const { generationId, manifest } = job;
  if (!manifest) throw new PushFault("files_gone");
  const secrets = await scanVersion(context, { generationId, prefix, manifest });
  if (!secrets || [job.confirmedFindings, job.acceptedFindings].includes(secrets.digest)) return manifest;
  throw new PushFault("secrets_found", { secrets });
};

/**
 * Pushes a claimed version and records the result.
 * @param signal aborts it: the orchestrator drains, or another one has taken over
 * @throws PushFault, PassingFault, or the signal's reason
 */
export const pushVersion = async (context: Context, job: Job, signal: AbortSignal): Promise<void> => {
  const { config, storage } = context;
  const token = config.GITHUB_BOT_TOKEN;
  if (!token) throw new PushFault("not_configured");
  const { prefix } = job;
  if (prefix === null) throw new PushFault("files_gone");
  const manifest = await refuseSecrets(context, job, prefix);

  const github = openGitHub(config.LEO_GITHUB_API_URL, token, signal);
  const { id, login } = await github.whoAmI();
  const repository = await ensureRepository(context, github, job, login);
  const commitSha = await withWorkDirectory((directory) =>
    pushCommit({
      git: openGit({ directory, protocol: new URL(config.LEO_GITHUB_GIT_URL).protocol, token, signal }),
      storage,
      target: {
        url: gitUrl(config, repository.name),
        branch: job.headSha === null ? FIRST_BRANCH : repository.defaultBranch,
      },
      job,
      commit: {
        author: `Leo <${id}+${login}@users.noreply.github.com>`,
        at: job.createdAt,
        message: commitMessage(job.prompt, job.generationId),
        prefix,
        files: manifest.source,
      },
      onCommit: (sha) => recordCommit(context, job, sha),
    }),
  );
  if (commitSha !== undefined) await finish(context, job, repository, commitSha);
};
