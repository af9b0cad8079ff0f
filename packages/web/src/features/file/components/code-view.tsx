import { File, type FileContents, type SelectedLineRange } from "@pierre/diffs/react";
import { useMemo, useRef } from "react";
import { languageOf } from "../../../components/code/languages.ts";
import { CODE_CSS, CODE_STYLE, CODE_THEME, makeReachable } from "../../../components/code/options.ts";
import { useResolvedTheme } from "../../../lib/theme.ts";

interface CodeViewProps {
  path: string;
  text: string;
  /** The line that is marked, from 1. */
  line: number | undefined;
  onLine: (line: number | undefined) => void;
}

const showLine = (node: HTMLElement, line: number) => {
  const root = node.shadowRoot ?? node;
  root.querySelector(`[data-line="${line}"]`)?.scrollIntoView({ block: "center" });
};

/** A file, read only, with its syntax in colour. */
export const CodeView = ({ path, text, line, onLine }: CodeViewProps) => {
  const themeType = useResolvedTheme();
  const shown = useRef<string>(undefined);
  const file = useMemo(
    (): FileContents => ({ name: path, contents: text, lang: languageOf(path) }),
    [path, text],
  );
  const options = useMemo(
    () => ({
      theme: CODE_THEME,
      themeType,
      disableFileHeader: true,
      overflow: "scroll" as const,
      unsafeCSS: CODE_CSS,
      enableLineSelection: true,
      onLineSelected: (range: SelectedLineRange | null) => onLine(range?.start),
      onPostRender: (node: HTMLElement) => {
        makeReachable(node);
        // Once per file: a line that the reader picked is in view already.
        if (line === undefined || shown.current === path) return;
        shown.current = path;
        showLine(node, line);
      },
    }),
    [themeType, onLine, line, path],
  );
  const selectedLines = line === undefined ? null : { start: line, end: line };
  return (
    <div
      className="min-h-0 flex-1 overflow-auto bg-surface"
      tabIndex={0}
      role="region"
      aria-label={`Contents of ${path}`}
    >
      <File file={file} options={options} selectedLines={selectedLines} style={CODE_STYLE} />
    </div>
  );
};
