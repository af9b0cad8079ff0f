import { QueryClient } from "@tanstack/react-query";
import { HttpError } from "../lib/http.ts";

const MAX_TRIES = 3;

/** What the server refuses it will refuse again; what did not reach it may work the next time. */
const mayRetry = (failures: number, error: Error) =>
  failures < MAX_TRIES && !(error instanceof HttpError && error.status < 500);

export const createQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: { retry: mayRetry, staleTime: 2_000 },
      mutations: { retry: false },
    },
  });
