import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { Empty } from "../../../components/empty.tsx";
import { inputClass } from "../../../components/ui/text-field.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { useIsWide } from "../../../lib/use-media-query.ts";
import { filesQuery } from "../api.ts";
import { FileTree, type FileMark } from "./file-tree.tsx";
import { FileViewer } from "./file-viewer.tsx";

interface FilesPanelProps {
  generationId: string;
  marks: ReadonlyMap<string, FileMark>;
  path: string | undefined;
  line: number | undefined;
  onOpen: (path: string | undefined) => void;
  onLine: (line: number | undefined) => void;
}

/** What most people look for first. */
const ENTRIES = ["src/App.tsx", "src/main.tsx", "index.html"];

const firstFile = (paths: readonly string[]) => ENTRIES.find((path) => paths.includes(path)) ?? paths[0];

export const FilesPanel = ({ generationId, marks, path, line, onOpen, onLine }: FilesPanelProps) => {
  const wide = useIsWide();
  const [words, setWords] = useState("");
  const { data, error } = useQuery(filesQuery(generationId));
  if (error) return <Empty title="Couldn't load the files">{errorMessage(error)}</Empty>;
  if (!data) return <p className="p-4 text-sm text-faint">Loading files…</p>;

  const paths = data.source.map((file) => file.path);
  const shown = path ?? (wide ? firstFile(paths) : undefined);
  const wanted = words.trim().toLowerCase();
  const found = paths.filter((candidate) => candidate.toLowerCase().includes(wanted));
  const tree = (
    <div className="flex h-full flex-col">
      <div className="relative shrink-0 p-2">
        <Search className="absolute top-4 left-4 size-3.5 text-faint" aria-hidden="true" />
        <input
          type="search"
          aria-label="Search files by name"
          placeholder="Search files"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          className={`${inputClass} h-8! pl-7! text-[13px]!`}
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {found.length === 0 ? (
          <p className="px-2 text-xs text-muted">No files found</p>
        ) : (
          <FileTree
            key={`${generationId} ${wanted}`}
            paths={found}
            selected={shown}
            onOpen={onOpen}
            marks={marks}
          />
        )}
      </div>
    </div>
  );
  const viewer = shown !== undefined && (
    <FileViewer
      key={shown}
      generationId={generationId}
      path={shown}
      sizeBytes={data.source.find((file) => file.path === shown)?.sizeBytes}
      line={line}
      onLine={onLine}
      onBack={wide ? undefined : () => onOpen(undefined)}
    />
  );
  if (!wide) return viewer || tree;
  return (
    <div className="flex h-full">
      <div className="w-60 shrink-0 border-r border-line">{tree}</div>
      <div className="min-w-0 flex-1">{viewer}</div>
    </div>
  );
};
