import { useConfig } from "../../lib/config.ts";
import { AppRepository } from "../../features/github/components/app-repository.tsx";
import { PushNote, PushButton } from "../../features/github/components/push-version.tsx";
import { VersionMenu } from "../../features/version/components/version-menu.tsx";
import { VersionRow } from "../../features/version/components/version-row.tsx";
import { copyWords, hasFiles, versionBefore } from "../../features/version/numbered.ts";
import { useSetSearch, type Selection } from "./use-workspace.ts";

interface VersionsTabProps {
  selection: Selection;
  onContinueFrom: (generationId: string) => void;
}

const VersionsTab = ({ selection, onContinueFrom }: VersionsTabProps) => {
  const setSearch = useSetSearch();
  const { limits, github } = useConfig();
  const { versions, completed, shown } = selection;
  const appId = versions[0]?.generation.appId;
  /** What the next request continues from unless told otherwise. */
  const nextBaseId = versions.findLast(hasFiles)?.generation.id;
  const newestId = completed.at(-1)?.generation.id;
  return (
    <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label="Versions">
      <div className="max-w-5xl">
        <ul className="divide-y divide-line">
          {versions.toReversed().map(({ generation, number }) => {
            const { id } = generation;
            const before = versionBefore(versions, { generation, number });
            return (
              <VersionRow
                key={generation.id}
                generation={generation}
                number={number}
                newest={generation.id === newestId}
                shown={generation.id === shown?.generation.id}
                onShow={() =>
                  setSearch({
                    tab: "preview",
                    version: generation.id === newestId ? undefined : generation.id,
                  })
                }
                onCompare={
                  before &&
                  (() => setSearch({ tab: "changes", version: generation.id, base: before.generation.id }))
                }
                {...(github &&
                  number !== undefined && {
                    push: {
                      button: <PushButton appId={generation.appId} generationId={id} number={number} />,
                      note: <PushNote appId={generation.appId} generationId={id} />,
                    },
                  })}
                copyOf={copyWords(generation, versions)}
                onRestored={() => setSearch({ tab: "preview", version: undefined, base: undefined })}
                menu={
                  (number !== undefined || id !== nextBaseId) && (
                    <VersionMenu
                      generationId={id}
                      number={number}
                      onContinue={
                        id === nextBaseId
                          ? undefined
                          : () => {
                              onContinueFrom(id);
                              setSearch({ version: id });
                            }
                      }
                    />
                  )
                }
              />
            );
          })}
        </ul>
        {github && appId && <AppRepository appId={appId} />}
        <p className="px-4 py-3 text-xs text-faint">
          Versions are kept for {limits.retentionDays} days. Download one to keep it longer.
        </p>
      </div>
    </div>
  );
};
export default VersionsTab;
