import { queryOptions } from "@tanstack/react-query";
import type { Usage } from "@leo/core/api.ts";
import { request } from "../../lib/http.ts";

const REFRESH_MS = 10_000;

/** What I spent, and what my limits leave. */
export const usageQuery = queryOptions({
  queryKey: ["usage"],
  queryFn: () => request<Usage>("/api/usage"),
  refetchInterval: REFRESH_MS,
});
