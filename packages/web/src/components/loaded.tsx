import type { ReactNode } from "react";
import { FormError } from "./ui/form-error.tsx";

interface LoadedProps<Data> {
  query: { data: Data | undefined; error: Error | null };
  children: (data: Data) => ReactNode;
}

/** What a query has brought; until then that it is on the way, or why it did not come. */
export const Loaded = <Data,>({ query: { data, error }, children }: LoadedProps<Data>) => {
  if (data !== undefined) return children(data);
  return error ? <FormError error={error} /> : <p className="text-sm text-faint">Loading…</p>;
};
