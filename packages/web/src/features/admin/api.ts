/** The operator's page. After any change, all of it is read again. */
import { mutationOptions, queryOptions } from "@tanstack/react-query";
import type { AdminGenerationFilter } from "@leo/core/admin.ts";
import { api, read, type Sent } from "../../lib/http.ts";

const REFRESH_MS = 5_000;
const KEY = "admin";

const { admin } = api;
const user = admin.users[":userId"];
const generation = admin.generations[":id"];
const site = admin.sites[":appId"];

const live = <Data>(queryFn: () => Promise<Data>, ...key: readonly unknown[]) =>
  queryOptions({ queryKey: [KEY, ...key], queryFn, refetchInterval: REFRESH_MS });

export const overviewQuery = live(() => read(admin.overview.$get()), "overview");
export const orphansQuery = live(() => read(admin.orphans.$get({ query: {} })), "orphans");
export const sitesQuery = live(() => read(admin.sites.$get({ query: {} })), "sites");
export const generationsQuery = (filter: AdminGenerationFilter) =>
  live(() => read(admin.generations.$get({ query: { filter } })), "generations", filter);
export const usersQuery = (search: string) =>
  live(() => read(admin.users.$get({ query: { search: search || undefined } })), "users", search);
export const auditQuery = (targetId?: string) =>
  live(() => read(admin.audit.$get({ query: { targetId } })), "audit", targetId);
export const storyQuery = (id: string) =>
  live(() => read(generation.$get({ param: { id } })), "generation", id);
export const eventsQuery = (id: string, since: number) =>
  live(
    () => read(generation.events.$get({ param: { id }, query: { since: String(since) } })),
    "events",
    id,
    since,
  );

const change = <Input = void>(mutationFn: (input: Input) => Promise<unknown>) =>
  mutationOptions({ mutationFn, meta: { changes: [[KEY]] } });

export const intakeMutation = change((json: Sent<typeof admin.intake.$put>) => admin.intake.$put({ json }));
export const launchesMutation = change((paused: boolean) => admin.launches.$put({ json: { paused } }));
/** `null` goes back to the setting. */
export const dayBudgetMutation = change((dayBudgetUsd: number | null) =>
  admin["day-budget"].$put({ json: { dayBudgetUsd } }),
);
export const suspendUserMutation = (userId: string) =>
  change((reason: string) => user.suspend.$post({ param: { userId }, json: { reason } }));
export const resumeUserMutation = (userId: string) => change(() => user.resume.$post({ param: { userId } }));
export const userLimitsMutation = (userId: string) =>
  change((json: Sent<typeof user.limits.$patch>) => user.limits.$patch({ param: { userId }, json }));
export const takeDownSiteMutation = (appId: string) =>
  change((reason: string) => site["take-down"].$post({ param: { appId }, json: { reason } }));
export const allowSiteMutation = (appId: string) => change(() => site.allow.$post({ param: { appId } }));
export const cancelGenerationMutation = (id: string) =>
  change(() => generation.cancel.$post({ param: { id } }));
