/** Pushing versions to GitHub. */
import { mutationOptions, queryOptions } from "@tanstack/react-query";
import type { AppGithub, ChangeAppGithub, GithubAccount, Push, PushVersion } from "@leo/core/github.ts";
import { request } from "../../lib/http.ts";

const WORKING_REFRESH_MS = 2_000;
const ACCOUNT_PATH = "/api/account/github";
const path = (appId: string) => `/api/apps/${appId}/github`;

/** Where an app's versions go, and the newest push of each. Read again while one is on its way. */
export const repositoryQuery = (appId: string) =>
  queryOptions({
    queryKey: ["repository", appId],
    queryFn: () => request<AppGithub>(path(appId)),
    refetchInterval: ({ state }) =>
      state.data?.pushes.some(({ finishedAt }) => !finishedAt) ? WORKING_REFRESH_MS : false,
  });

export const changeRepositoryMutation = (appId: string) =>
  mutationOptions({
    mutationFn: async (body: ChangeAppGithub, { client }) => {
      const changed = await request<AppGithub>(path(appId), { method: "PATCH", body });
      client.setQueryData(repositoryQuery(appId).queryKey, changed);
    },
  });

export const pushVersionMutation = (appId: string, generationId: string) =>
  mutationOptions({
    mutationFn: (body: PushVersion) =>
      request<Push>(`/api/generations/${generationId}/push`, { method: "POST", body }),
    meta: { changes: [repositoryQuery(appId).queryKey] },
  });

/** The GitHub user who is invited to my repositories. */
export const githubAccountQuery = queryOptions({
  queryKey: ["github-account"],
  queryFn: () => request<GithubAccount>(ACCOUNT_PATH),
});

export const setGithubAccountMutation = mutationOptions({
  mutationFn: async (body: GithubAccount, { client }) => {
    const account = await request<GithubAccount>(ACCOUNT_PATH, { method: "PUT", body });
    return client.setQueryData(githubAccountQuery.queryKey, account) ?? account;
  },
});
