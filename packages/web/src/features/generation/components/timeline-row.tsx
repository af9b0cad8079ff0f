import {
  Clock,
  CloudUpload,
  Copy,
  FileDiff,
  HardDriveUpload,
  ListTree,
  ShieldCheck,
  Sparkle,
  TriangleAlert,
  type LucideIcon,
} from "lucide-react";
import { memo } from "react";
import { Markdown } from "../../../components/markdown.tsx";
import { formatDuration, formatSize, formatTime, plural } from "../../../lib/format.ts";
import { STEP_WORDS } from "../activity.ts";
import type { ItemOf, TimelineItem } from "../../live/timeline-item.ts";
import { ChecksCard } from "./checks-card.tsx";
import { MessageBubble } from "./message-bubble.tsx";
import { FoldRow, Row } from "./row.tsx";
import { StartRow } from "./start-row.tsx";
import { ToolRow } from "./tool-row.tsx";

const STEP_ICONS: Partial<Record<ItemOf<"step">["step"], LucideIcon>> = {
  preparing: ListTree,
  verifying: ShieldCheck,
  uploading: HardDriveUpload,
  rate_limited: Clock,
};

const StepRow = ({ item }: { item: ItemOf<"step"> }) => {
  const Icon = STEP_ICONS[item.step] ?? Sparkle;
  return (
    <Row
      icon={<Icon className="size-3.5" />}
      aside={item.retryAt && `Retrying at ${formatTime(item.retryAt)}`}
    >
      {item.text ?? STEP_WORDS[item.step]}
    </Row>
  );
};

const FilesRow = ({ item }: { item: ItemOf<"files"> }) => (
  <FoldRow
    icon={<FileDiff className="size-3.5" />}
    summary={`${plural(item.changes.length, "file")} changed`}
  >
    <ul className="font-mono text-xs text-muted">
      {item.changes.map(({ path, change }, index) => (
        <li key={`${path} ${index}`}>
          {path} <span className="text-faint">{change}</span>
        </li>
      ))}
    </ul>
  </FoldRow>
);

const StoredRow = ({ item }: { item: ItemOf<"stored"> }) => (
  <Row icon={<HardDriveUpload className="size-3.5" />} aside={formatDuration(item.durationMs)}>
    Saved {plural(item.fileCount, "file")}, {formatSize(item.sizeBytes)}
  </Row>
);

const NoticeRow = ({ item }: { item: ItemOf<"notice"> }) => (
  <Row icon={<TriangleAlert className="size-3.5" />} tone={item.level === "error" ? "bad" : "plain"}>
    <span className="whitespace-pre-wrap">{item.text}</span>
  </Row>
);

const PushRow = ({ item }: { item: ItemOf<"push"> }) => {
  const icon = <CloudUpload className="size-3.5" />;
  if (item.failure) {
    return (
      <Row icon={icon} tone="bad">
        Not pushed to GitHub: {item.failure.message}
      </Row>
    );
  }
  return (
    <Row icon={icon}>
      Pushed to{" "}
      <a href={item.commitUrl} target="_blank" rel="noreferrer" className="underline underline-offset-2">
        {item.repository}
      </a>
    </Row>
  );
};

const MESSAGE_NOTES: Record<ItemOf<"message">["status"], string> = {
  taken: "added during the run",
  returned: "the run ended before Leo read this; send it again as your next request",
};

/** Every kind of row that needs nothing but its item. Plans and ends have actions and stand apart. */
export const TimelineRow = memo(function TimelineRow({
  item,
}: {
  item: Exclude<TimelineItem, { kind: "plan" | "end" }>;
}) {
  switch (item.kind) {
    case "start":
      return <StartRow item={item} />;
    case "text":
      return item.brokenOff ? (
        <div className="text-faint">
          <Markdown text={item.text} streaming={false} />
          <p className="text-xs">This answer was cut off. Claude is starting it again.</p>
        </div>
      ) : (
        <Markdown text={item.text} streaming={!item.done} />
      );
    case "tool":
      return <ToolRow item={item} />;
    case "files":
      return <FilesRow item={item} />;
    case "step":
      return <StepRow item={item} />;
    case "checks":
      return <ChecksCard item={item} />;
    case "stored":
      return <StoredRow item={item} />;
    case "notice":
      return <NoticeRow item={item} />;
    case "copied":
      return (
        <Row icon={<Copy className="size-3.5" />}>
          Copied from version {item.fromVersion}
          {item.fromApp !== undefined && ` of ${item.fromApp}`}. Nothing needed building.
        </Row>
      );
    case "push":
      return <PushRow item={item} />;
    case "message":
      return <MessageBubble text={item.text} at={item.at} note={MESSAGE_NOTES[item.status]} />;
  }
});
