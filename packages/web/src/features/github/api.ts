/** Pushing versions to GitHub. */
import { mutationOptions, queryOptions } from "@tanstack/react-query";
import { api, read, type Sent } from "../../lib/http.ts";

const WORKING_REFRESH_MS = 2_000;
const { github } = api.apps[":appId"];
const { push } = api.generations[":id"];
const account = api.account.github;

/** Where an app's versions go, and the newest push of each. Read again while one is on its way. */
export const repositoryQuery = (appId: string) =>
  queryOptions({
    queryKey: ["repository", appId],
    queryFn: () => read(github.$get({ param: { appId } })),
    refetchInterval: ({ state }) =>
      state.data?.pushes.some(({ finishedAt }) => !finishedAt) ? WORKING_REFRESH_MS : false,
  });

export const changeRepositoryMutation = (appId: string) =>
  mutationOptions({
    mutationFn: async (json: Sent<typeof github.$patch>, { client }) => {
      const changed = await read(github.$patch({ param: { appId }, json }));
      client.setQueryData(repositoryQuery(appId).queryKey, changed);
    },
  });

export const pushVersionMutation = (appId: string, generationId: string) =>
  mutationOptions({
    mutationFn: (json: Sent<typeof push.$post>) => read(push.$post({ param: { id: generationId }, json })),
    meta: { changes: [repositoryQuery(appId).queryKey] },
  });

/** The GitHub user who is invited to my repositories. */
export const githubAccountQuery = queryOptions({
  queryKey: ["github-account"],
  queryFn: () => read(account.$get()),
});

export const setGithubAccountMutation = mutationOptions({
  mutationFn: async (json: Sent<typeof account.$put>, { client }) => {
    const changed = await read(account.$put({ json }));
    return client.setQueryData(githubAccountQuery.queryKey, changed) ?? changed;
  },
});
