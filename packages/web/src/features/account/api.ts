import { queryOptions } from "@tanstack/react-query";
import { api, read } from "../../lib/http.ts";

const REFRESH_MS = 10_000;

/** What I spent, and what my limits leave. */
export const usageQuery = queryOptions({
  queryKey: ["usage"],
  queryFn: () => read(api.usage.$get()),
  refetchInterval: REFRESH_MS,
});
