import { History } from "lucide-react";
import { Button } from "../../components/ui/button.tsx";
import { versionName } from "../../features/version/numbered.ts";
import { useSetSearch, type Selection } from "./use-workspace.ts";

/** Says that the tabs show something else than the newest version, and leads back to it. */
export const OldVersionBar = ({ selection: { shown, newest } }: { selection: Selection }) => {
  const setSearch = useSetSearch();
  if (!shown || !newest || shown.generation.id === newest.generation.id) return null;
  return (
    <div
      role="status"
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-accent-soft px-3 py-1.5 text-xs"
    >
      <History className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="min-w-0 flex-1">
        You're looking at {versionName(shown.number).toLowerCase()}, not the latest
        {newest.number !== undefined && ` (version ${newest.number})`}.
      </span>
      <Button size="small" onClick={() => setSearch({ version: undefined, base: undefined })}>
        Back to latest
      </Button>
    </div>
  );
};
