import { useConfig } from "../../lib/config.ts";
import { VersionRow } from "../../features/versions/components/version-row.tsx";
import { useSetSearch, type Selection } from "./use-workspace.ts";

interface VersionsTabProps {
  selection: Selection;
  onContinueFrom: (generationId: string) => void;
}

const VersionsTab = ({ selection, onContinueFrom }: VersionsTabProps) => {
  const setSearch = useSetSearch();
  const { limits } = useConfig();
  const { versions, completed, shown } = selection;
  const newestId = completed.at(-1)?.generation.id;
  return (
    <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label="Versions">
      <ul className="divide-y divide-line">
        {versions.toReversed().map(({ generation, number }) => {
          const before = completed.findLast((other) => (other.number ?? 0) < (number ?? 0));
          return (
            <VersionRow
              key={generation.id}
              generation={generation}
              number={number}
              newest={generation.id === newestId}
              shown={generation.id === shown?.generation.id}
              onShow={() =>
                setSearch({ tab: "preview", version: generation.id === newestId ? undefined : generation.id })
              }
              onCompare={
                before &&
                (() => setSearch({ tab: "changes", version: generation.id, base: before.generation.id }))
              }
              onContinue={() => {
                onContinueFrom(generation.id);
                setSearch({ version: generation.id });
              }}
            />
          );
        })}
      </ul>
      <p className="px-4 py-3 text-xs text-faint">
        Versions are kept for {limits.retentionDays} days. Download one to keep it longer.
      </p>
    </div>
  );
};
export default VersionsTab;
