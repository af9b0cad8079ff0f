import { queryOptions, type QueryClient } from "@tanstack/react-query";
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
import { request } from "../../../lib/http.ts";

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

/** After a change everything of the page is read again. */
export const refreshAdmin = (client: QueryClient) => client.invalidateQueries({ queryKey: [KEY] });

const change = <T>(method: "POST" | "PUT" | "PATCH", path: string, body?: unknown) =>
  request<T>(`/api/admin/${path}`, { method, body });

export const setIntake = (open: boolean, message?: string) =>
  change<Platform>("PUT", "intake", { open, message });
export const setLaunches = (paused: boolean) => change<Platform>("PUT", "launches", { paused });
/** @param dayBudgetUsd `null` goes back to the setting */
export const setDayBudget = (dayBudgetUsd: number | null) =>
  change<Platform>("PUT", "day-budget", { dayBudgetUsd });
export const suspendUser = (id: string, reason: string) =>
  change<UserRecord>("POST", `users/${id}/suspend`, { reason });
export const resumeUser = (id: string) => change<UserRecord>("POST", `users/${id}/resume`);
export const setLimits = (id: string, limits: z.input<typeof ChangeUserLimits>) =>
  change<UserRecord>("PATCH", `users/${id}/limits`, limits);
export const takeDownSite = (appId: string, reason: string) =>
  change<AdminSite>("POST", `sites/${appId}/take-down`, { reason });
export const allowSite = (appId: string) => change<AdminSite>("POST", `sites/${appId}/allow`);
export const cancelGeneration = (id: string) => change<AdminGeneration>("POST", `generations/${id}/cancel`);
