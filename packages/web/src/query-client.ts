import { MutationCache, QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";
import { isExpected, isPassing } from "./lib/errors.ts";

declare module "@tanstack/react-query" {
  interface Register {
    mutationMeta: {
      /** Keys of what a mutation changes: read again once it has ended. */
      changes?: readonly QueryKey[];
    };
  }
}

const MAX_TRIES = 3;

/** What the server rejects it will reject again, and a bug stays one; what did not reach it may work the next time. */
const mayRetry = (failures: number, error: Error) => failures < MAX_TRIES && isPassing(error);

/** The page shows one sentence for every bug; the console has what it was. */
const logBug = (error: Error) => {
  if (!isExpected(error)) console.error(error);
};

export const createQueryClient = () => {
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: logBug }),
    mutationCache: new MutationCache({
      onError: logBug,
      // After a rejection too: the page may have shown an older state than the server's.
      onSettled: async (_data, _error, _variables, _result, { meta }) => {
        await Promise.all((meta?.changes ?? []).map((queryKey) => client.invalidateQueries({ queryKey })));
      },
    }),
    defaultOptions: {
      queries: { retry: mayRetry, staleTime: 2_000 },
      mutations: { retry: false },
    },
  });
  return client;
};
