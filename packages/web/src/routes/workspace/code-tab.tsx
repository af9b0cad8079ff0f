import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { Empty } from "../../components/empty.tsx";
import { diffQuery } from "../../features/diff/api.ts";
import type { FileMark } from "../../features/file/components/file-tree.tsx";
import { FilesPanel } from "../../features/file/components/files-panel.tsx";
import { hasFiles } from "../../features/version/numbered.ts";
import { useSetSearch, type Selection } from "./use-workspace.ts";

const route = getRouteApi("/apps/$appId");

/** Which files differ from the version that this one continued. */
const useMarks = (generationId: string, baseId: string | undefined): ReadonlyMap<string, FileMark> => {
  const { data } = useQuery({ ...diffQuery(generationId, baseId ?? ""), enabled: baseId !== undefined });
  return useMemo(
    () =>
      new Map(
        data?.files.flatMap(({ path, change }) => (change === "deleted" ? [] : [[path, change] as const])) ??
          [],
      ),
    [data],
  );
};

const Files = ({ generationId, baseId }: { generationId: string; baseId: string | undefined }) => {
  const { file, line } = route.useSearch();
  const setSearch = useSetSearch();
  const marks = useMarks(generationId, baseId);
  const open = useCallback(
    (path: string | undefined) => setSearch({ file: path, line: undefined }),
    [setSearch],
  );
  const mark = useCallback((next: number | undefined) => setSearch({ line: next }, true), [setSearch]);
  return (
    <FilesPanel
      generationId={generationId}
      marks={marks}
      path={file}
      line={line}
      onOpen={open}
      onLine={mark}
    />
  );
};

const CodeTab = ({ selection }: { selection: Selection }) => {
  const { shown } = selection;
  if (!shown || !hasFiles(shown)) {
    return (
      <Empty title="No files yet">
        The app's files appear here when the run ends. Until then, follow the conversation.
      </Empty>
    );
  }
  return <Files generationId={shown.generation.id} baseId={shown.generation.baseGenerationId} />;
};
export default CodeTab;
