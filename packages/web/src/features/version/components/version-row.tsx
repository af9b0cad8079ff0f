import { Eye, FileDiff } from "lucide-react";
import type { ReactNode } from "react";
import type { Generation } from "@leo/core/generation.ts";
import { StateLabel } from "../../../components/state-label.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { formatWhen } from "../../../lib/format.ts";
import { hasFiles, versionName } from "../numbered.ts";
import { useRunFacts } from "../../generation/run-cost.ts";
import { DownloadButton } from "./download-button.tsx";
import { RestoreButton } from "./restore-button.tsx";

interface VersionRowProps {
  generation: Generation;
  /** Undefined for a run that made no version; it may have left a draft. */
  number: number | undefined;
  newest: boolean;
  shown: boolean;
  onShow: () => void;
  /** Absent when there is nothing to compare with. */
  onCompare: (() => void) | undefined;
  /** What it is a copy of, if it is one: nobody asked for it in words. */
  copyOf: string | undefined;
  /** What else can be done with it. */
  menu: ReactNode;
  /** The version was restored as a new one, which is now the newest. */
  onRestored: () => void;
  /** How its push to GitHub stands, where there is one: a button and a note. */
  push?: { button: ReactNode; note: ReactNode };
}

export const VersionRow = (props: VersionRowProps) => {
  const { generation, number, newest, shown } = props;
  const facts = [formatWhen(generation.createdAt), useRunFacts(generation)].filter(Boolean).join(" · ");
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3.5">
      <div className="min-w-0 flex-1 basis-64">
        <div className="flex items-center gap-2.5">
          <h2 className="text-[13px] font-medium">
            {number === undefined && !generation.hasDraft ? "No version" : versionName(number)}
          </h2>
          {number === undefined && <StateLabel state={generation.state} />}
          {newest && (
            <span className="rounded-full bg-good-soft px-2 py-px text-2xs font-medium text-good">
              latest
            </span>
          )}
        </div>
        <p dir="auto" className="mt-0.5 line-clamp-2 text-[13px] text-muted">
          {props.copyOf ?? generation.prompt}
        </p>
        {generation.addedRequests?.map((request, index) => (
          <p key={index} dir="auto" className="mt-0.5 line-clamp-2 text-[13px] text-muted">
            + {request}
          </p>
        ))}
        <p className="mt-1 text-xs text-faint tabular-nums">{facts}</p>
        {generation.failure && <p className="mt-1 text-xs text-bad">{generation.failure.message}</p>}
        {props.push?.note}
      </div>
      {hasFiles({ generation, number }) && (
        <div className="flex items-center gap-1">
          <Button size="small" disabled={shown} onClick={props.onShow}>
            <Eye className="size-3.5" aria-hidden="true" />
            {shown ? "Shown" : "Show"}
          </Button>
          {number !== undefined && !newest && (
            <RestoreButton generation={generation} onRestored={props.onRestored} />
          )}
          {props.onCompare && (
            <IconButton
              label={`Compare ${versionName(number).toLowerCase()} with the previous one`}
              onClick={props.onCompare}
            >
              <FileDiff className="size-4" aria-hidden="true" />
            </IconButton>
          )}
          <DownloadButton generationId={generation.id} number={number} />
          {props.push?.button}
          {props.menu}
        </div>
      )}
    </li>
  );
};
