import { MultiFileDiff } from "@pierre/diffs/react";
import { clsx } from "clsx";
import { ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { languageOf } from "../../../components/code/languages.ts";
import { CODE_CSS, CODE_STYLE, CODE_THEME, makeReachable } from "../../../components/code/options.ts";
import { useResolvedTheme } from "../../../lib/theme.ts";
import type { FileChange } from "../api.ts";

const WORDS: Record<FileChange["change"], { word: string; className: string }> = {
  created: { word: "new", className: "text-good" },
  modified: { word: "changed", className: "text-accent" },
  deleted: { word: "deleted", className: "text-bad" },
};

/** Files whose name says that nobody wrote them. */
const GENERATED = /(?:^|\/)(?:package-lock\.json|pnpm-lock\.yaml|yarn\.lock)$/;

const Body = ({ file }: { file: FileChange }) => {
  const themeType = useResolvedTheme();
  const options = useMemo(
    () => ({
      theme: CODE_THEME,
      themeType,
      diffStyle: "unified" as const,
      disableFileHeader: true,
      overflow: "scroll" as const,
      unsafeCSS: CODE_CSS,
      onPostRender: makeReachable,
    }),
    [themeType],
  );
  const sides = useMemo(
    () => ({
      oldFile: { name: file.path, contents: file.before ?? "", lang: languageOf(file.path) },
      newFile: { name: file.path, contents: file.after ?? "", lang: languageOf(file.path) },
    }),
    [file],
  );
  if (file.binary) return <p className="px-3 py-2 text-xs text-muted">Binary file</p>;
  if (file.tooLarge) return <p className="px-3 py-2 text-xs text-muted">Too large to show here</p>;
  return <MultiFileDiff {...sides} options={options} style={CODE_STYLE} />;
};

export const FileDiffCard = ({ file }: { file: FileChange }) => {
  const [open, setOpen] = useState(!GENERATED.test(file.path));
  const { word, className } = WORDS[file.change];
  return (
    <section aria-label={file.path} className="overflow-hidden rounded-lg border border-line bg-surface">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex h-9 w-full items-center gap-2 px-2.5 text-left -outline-offset-2 hover:bg-hover"
      >
        <ChevronRight
          className={clsx("size-3.5 text-faint transition-transform", open && "rotate-90")}
          aria-hidden="true"
        />
        <span className="min-w-0 truncate font-mono text-xs">{file.path}</span>
        <span className={clsx("text-xs", className)}>{word}</span>
      </button>
      {open && (
        <div className="border-t border-line">
          <Body file={file} />
        </div>
      )}
    </section>
  );
};
