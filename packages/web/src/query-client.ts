import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { HttpError, isExpected, isPassing } from "./lib/errors.ts";

const MAX_TRIES = 3;

/** What the server rejects it will reject again, and a bug stays one; what did not reach it may work the next time. */
const mayRetry = (failures: number, error: Error) => failures < MAX_TRIES && isPassing(error);

/** The page shows one sentence for every bug; the console has what it was. */
const logBug = (error: Error) => {
  if (!isExpected(error)) console.error(error);
};

/** The page asked for what an app's state forbids, so it shows an older one. */
const isConflict = (error: Error) => error instanceof HttpError && error.code === "conflict";

export const createQueryClient = () => {
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: logBug }),
    mutationCache: new MutationCache({
      onError: (error) => {
        logBug(error);
        if (isConflict(error)) void client.invalidateQueries({ queryKey: ["apps"] });
      },
    }),
    defaultOptions: {
      queries: { retry: mayRetry, staleTime: 2_000 },
      mutations: { retry: false },
    },
  });
  return client;
};
