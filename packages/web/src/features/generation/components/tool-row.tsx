import {
  FilePen,
  FilePlus2,
  FileSearch,
  FileText,
  FolderSearch,
  Globe,
  ListChecks,
  SquareTerminal,
  Wrench,
  type LucideIcon,
} from "lucide-react";
import { Pulse } from "../../../components/pulse.tsx";
import { formatDuration, formatSize } from "../../../lib/format.ts";
import type { ItemOf } from "../../live/timeline-item.ts";
import { toolVerb } from "../tool-words.ts";
import { FoldRow, Output } from "./row.tsx";

const ICONS: Record<string, LucideIcon> = {
  Write: FilePlus2,
  Edit: FilePen,
  MultiEdit: FilePen,
  Read: FileText,
  Bash: SquareTerminal,
  BashOutput: SquareTerminal,
  Glob: FolderSearch,
  LS: FolderSearch,
  Grep: FileSearch,
  TodoWrite: ListChecks,
  WebFetch: Globe,
  WebSearch: Globe,
};

/** Shorter ones are of no interest. */
const SHOW_DURATION_FROM_MS = 1_000;

const asideOf = ({ change, endedAt, at, status }: ItemOf<"tool">): string | undefined => {
  if (status === "failed" || status === "stopped") return status;
  if (change?.sizeBytes !== undefined) return formatSize(change.sizeBytes);
  const durationMs = endedAt ? Date.parse(endedAt) - Date.parse(at) : 0;
  return durationMs >= SHOW_DURATION_FROM_MS ? formatDuration(durationMs) : undefined;
};

export const ToolRow = ({ item }: { item: ItemOf<"tool"> }) => {
  const Icon = ICONS[item.name] ?? Wrench;
  return (
    <FoldRow
      icon={item.status === "running" ? <Pulse tone="live" /> : <Icon className="size-3.5" />}
      tone={item.status === "failed" ? "bad" : "plain"}
      aside={asideOf(item)}
      summary={
        <>
          {toolVerb(item.name, item.status)}
          {item.target && <code className="ml-1.5 font-mono text-xs text-ink">{item.target}</code>}
        </>
      }
    >
      {item.result && item.status !== "running" ? (
        <Output label="Tool output">{item.result}</Output>
      ) : undefined}
    </FoldRow>
  );
};
