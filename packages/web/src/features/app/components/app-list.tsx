import { useInfiniteQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { Button } from "../../../components/ui/button.tsx";
import { inputClass } from "../../../components/ui/text-field.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { useSettled } from "../../../lib/use-settled.ts";
import { appsQuery } from "../api.ts";
import { AppCard } from "./app-card.tsx";

/** A search field for a handful of apps would only be in the way. */
const SEARCH_FROM = 5;

/** A search waits until the typing has paused. */
const SETTLE_MS = 200;

const GRID = "grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-4";

export const AppList = () => {
  const [words, setWords] = useState("");
  const wanted = useSettled(words.trim(), SETTLE_MS);
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(appsQuery(wanted));

  if (isPending) return <Skeleton />;
  if (error && !data) {
    return (
      <div role="alert" className="flex items-center gap-3 text-sm text-muted">
        {errorMessage(error)}
        <Button size="small" onClick={() => void refetch()}>
          Try again
        </Button>
      </div>
    );
  }
  const apps = data.pages.flatMap((page) => page.apps);
  const searching = words !== "" || wanted !== "";
  if (apps.length === 0 && !searching) return <FirstTime />;

  return (
    <>
      <div className="mb-4 flex items-center justify-between gap-4">
        <h2 className="text-base font-semibold">Your apps</h2>
        {(apps.length >= SEARCH_FROM || hasNextPage || searching) && (
          <div className="relative w-48">
            <Search className="absolute top-2.5 left-2.5 size-4 text-faint" aria-hidden="true" />
            <input
              type="search"
              dir="auto"
              aria-label="Search your apps"
              placeholder="Search"
              value={words}
              onChange={(event) => setWords(event.target.value)}
              className={`${inputClass} pl-8`}
            />
          </div>
        )}
      </div>
      <ul className={GRID}>
        {apps.map((app) => (
          <AppCard key={app.id} app={app} />
        ))}
      </ul>
      {apps.length === 0 && (
        <p role="status" className="text-sm text-muted">
          No apps match “<bdi>{wanted}</bdi>”.
        </p>
      )}
      {hasNextPage && (
        <div className="mt-6 text-center">
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
};

const Skeleton = () => (
  <div aria-hidden="true" className={`${GRID} mt-10`}>
    {[1, 2, 3].map((card) => (
      <div key={card} className="aspect-16/13 rounded-xl border border-line bg-surface" />
    ))}
  </div>
);

const FirstTime = () => (
  <div className="border-t border-line pt-6">
    <h2 className="text-base font-semibold">Your apps will appear here</h2>
    <ol className="mt-4 grid gap-x-8 gap-y-3 text-sm text-muted sm:grid-cols-3">
      <li>
        <span className="mb-0.5 block font-medium text-ink">1. Describe it</span>
        One sentence is enough. Say who it's for and what it should do.
      </li>
      <li>
        <span className="mb-0.5 block font-medium text-ink">2. Watch it</span>
        See every file, command and check as it happens.
      </li>
      <li>
        <span className="mb-0.5 block font-medium text-ink">3. Use it and ask for more</span>
        The app runs beside the conversation. Every change is a version you can go back to.
      </li>
    </ol>
  </div>
);
