import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Empty } from "../../../components/empty.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { plural } from "../../../lib/format.ts";
import { diffQuery } from "../api.ts";
import { FileDiffCard } from "./file-diff-card.tsx";

interface ChangesPanelProps {
  generationId: string;
  baseGenerationId: string;
  /** Chooses the version that is compared with. */
  baseChoice: ReactNode;
}

export const ChangesPanel = ({ generationId, baseGenerationId, baseChoice }: ChangesPanelProps) => {
  const { data, error } = useQuery(diffQuery(generationId, baseGenerationId));
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-11 shrink-0 items-center gap-3 border-b border-line px-3">
        {baseChoice}
        <span className="flex-1" />
        {data && <span className="text-xs text-faint">{plural(data.files.length, "file")} changed</span>}
      </div>
      {error && <Empty title="Couldn't load the changes">{errorMessage(error)}</Empty>}
      {data?.files.length === 0 && <Empty title="Nothing changed">These versions have the same files.</Empty>}
      {data && data.files.length > 0 && (
        <div
          className="min-h-0 flex-1 space-y-3 overflow-y-auto p-3"
          tabIndex={0}
          role="region"
          aria-label="Changed files"
        >
          {data.files.map((file) => (
            <FileDiffCard key={file.path} file={file} />
          ))}
        </div>
      )}
    </div>
  );
};
