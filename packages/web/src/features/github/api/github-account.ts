import { queryOptions } from "@tanstack/react-query";
import type { GithubAccount } from "@leo/core/publishing.ts";
import { request } from "../../../lib/http.ts";

const PATH = "/api/account/github";

/** The GitHub user who is invited to my repositories. */
export const githubAccountQuery = queryOptions({
  queryKey: ["github-account"],
  queryFn: () => request<GithubAccount>(PATH),
});

export const setGithubAccount = (body: GithubAccount) =>
  request<GithubAccount>(PATH, { method: "PUT", body });
