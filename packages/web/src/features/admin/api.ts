/** The operator's page. After any change, all of it is read again. */
import { mutationOptions, queryOptions } from "@tanstack/react-query";
import type { ChangeUserLimits, Platform, UserRecord } from "@leo/core/account.ts";
import type {
  AdminGeneration,
  AdminGenerationFilter,
  AdminOverview,
  AuditEntry,
  Orphan,
} from "@leo/core/admin.ts";
import type { EventPage } from "@leo/core/api.ts";
import type { AdminSite } from "@leo/core/site.ts";
import type { z } from "zod";
import { request } from "../../lib/http.ts";

const REFRESH_MS = 5_000;
const KEY = "admin";

const live = <T>(path: string) =>
  queryOptions({
    queryKey: [KEY, path],
    queryFn: () => request<T>(`/api/admin/${path}`),
    refetchInterval: REFRESH_MS,
  });

export const overviewQuery = live<AdminOverview>("overview");
export const orphansQuery = live<{ orphans: Orphan[] }>("orphans");
export const generationsQuery = (filter: AdminGenerationFilter) =>
  live<{ generations: AdminGeneration[] }>(`generations?filter=${filter}`);
export const usersQuery = (search: string) =>
  live<{ users: UserRecord[] }>(`users${search ? `?${new URLSearchParams({ search })}` : ""}`);
export const sitesQuery = live<{ sites: AdminSite[] }>("sites");
export const auditQuery = (targetId?: string) =>
  live<{ entries: AuditEntry[] }>(`audit${targetId ? `?targetId=${targetId}` : ""}`);
export const storyQuery = (id: string) => live<AdminGeneration>(`generations/${id}`);
export const eventsQuery = (id: string, since: number) =>
  live<z.infer<typeof EventPage>>(`generations/${id}/events?since=${since}`);

const change = <Input = void>(make: (input: Input) => Promise<unknown>) =>
  mutationOptions({ mutationFn: make, meta: { changes: [[KEY]] } });

const send = <T>(method: "POST" | "PUT" | "PATCH", path: string, body?: unknown) =>
  request<T>(`/api/admin/${path}`, { method, body });

interface Intake {
  open: boolean;
  /** What users are told while it is closed. */
  message?: string;
}

export const intakeMutation = change((intake: Intake) => send<Platform>("PUT", "intake", intake));
export const launchesMutation = change((paused: boolean) => send<Platform>("PUT", "launches", { paused }));
/** `null` goes back to the setting. */
export const dayBudgetMutation = change((dayBudgetUsd: number | null) =>
  send<Platform>("PUT", "day-budget", { dayBudgetUsd }),
);
export const suspendUserMutation = (id: string) =>
  change((reason: string) => send<UserRecord>("POST", `users/${id}/suspend`, { reason }));
export const resumeUserMutation = (id: string) =>
  change(() => send<UserRecord>("POST", `users/${id}/resume`));
export const userLimitsMutation = (id: string) =>
  change((limits: z.input<typeof ChangeUserLimits>) =>
    send<UserRecord>("PATCH", `users/${id}/limits`, limits),
  );
export const takeDownSiteMutation = (appId: string) =>
  change((reason: string) => send<AdminSite>("POST", `sites/${appId}/take-down`, { reason }));
export const allowSiteMutation = (appId: string) =>
  change(() => send<AdminSite>("POST", `sites/${appId}/allow`));
export const cancelGenerationMutation = (id: string) =>
  change(() => send<AdminGeneration>("POST", `generations/${id}/cancel`));
