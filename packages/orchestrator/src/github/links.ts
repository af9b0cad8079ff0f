import type { Config } from "../config.ts";

type GitUrl = Pick<Config, "LEO_GITHUB_GIT_URL">;

/** A repository's page. `name` is `owner/name`. */
export const repositoryUrl = ({ LEO_GITHUB_GIT_URL }: GitUrl, name: string) =>
  `${LEO_GITHUB_GIT_URL.replace(/\/$/, "")}/${name}`;

export const commitUrl = (config: GitUrl, name: string, sha: string) =>
  `${repositoryUrl(config, name)}/commit/${sha}`;

/** The address for git. It never contains a credential. */
export const gitUrl = (config: GitUrl, name: string) => `${repositoryUrl(config, name)}.git`;
