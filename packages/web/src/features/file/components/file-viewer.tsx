import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, Check, Copy } from "lucide-react";
import { useState } from "react";
import { CopyByHand } from "../../../components/copy-by-hand.tsx";
import { Empty } from "../../../components/empty.tsx";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { copyText } from "../../../lib/clipboard.ts";
import { errorMessage } from "../../../lib/errors.ts";
import { formatSize } from "../../../lib/format.ts";
import { fileQuery } from "../api.ts";
import { CodeView } from "./code-view.tsx";
import { PlainView } from "./plain-view.tsx";

interface FileViewerProps {
  generationId: string;
  path: string;
  sizeBytes: number | undefined;
  line: number | undefined;
  onLine: (line: number | undefined) => void;
  /** Where there is no room for the tree beside the file. */
  onBack: (() => void) | undefined;
}

const COPIED_MS = 1_500;

const CopyButton = ({ text }: { text: string }) => {
  const [copied, setCopied] = useState(false);
  const [byHand, setByHand] = useState<string>();
  const copy = async () => {
    if (!(await copyText(text))) return setByHand(text);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  const Icon = copied ? Check : Copy;
  return (
    <>
      <IconButton label={copied ? "Copied" : "Copy file"} onClick={() => void copy()}>
        <Icon className="size-4" aria-hidden="true" />
      </IconButton>
      <CopyByHand text={byHand} onClose={() => setByHand(undefined)} />
    </>
  );
};

/** Colouring more than this keeps the page from answering for longer than anybody waits. */
const COLOURED_MAX_CHARS = 200_000;
const COLOURED_MAX_LINES = 2_000;

const isLong = (text: string) => {
  if (text.length > COLOURED_MAX_CHARS) return true;
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines > COLOURED_MAX_LINES;
};

export const FileViewer = ({ generationId, path, sizeBytes, line, onLine, onBack }: FileViewerProps) => {
  const { data: text, error } = useQuery(fileQuery(generationId, path));
  const View = typeof text === "string" && isLong(text) ? PlainView : CodeView;
  return (
    <div className="flex h-full min-w-0 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-3">
        {onBack && (
          <IconButton label="Back to files" onClick={onBack}>
            <ArrowLeft className="size-4" aria-hidden="true" />
          </IconButton>
        )}
        <span className="min-w-0 truncate font-mono text-xs" title={path}>
          {path}
        </span>
        {sizeBytes !== undefined && (
          <span className="shrink-0 text-xs text-faint">{formatSize(sizeBytes)}</span>
        )}
        <span className="flex-1" />
        {typeof text === "string" && <CopyButton text={text} />}
      </div>
      {error && <Empty title="Couldn't load the file">{errorMessage(error)}</Empty>}
      {text === null && <Empty title="Binary file">Download this version to open it.</Empty>}
      {typeof text === "string" && <View path={path} text={text} line={line} onLine={onLine} />}
    </div>
  );
};
