import { Check as CheckIcon, Minus, X } from "lucide-react";
import type { Check } from "@leo/core/artifact.ts";
import { formatDuration } from "../../../lib/format.ts";
import type { ItemOf } from "../../live/timeline-item.ts";
import { CHECK_NAMES } from "../check-names.ts";
import { Output } from "./row.tsx";

const RESULTS = {
  passed: { Icon: CheckIcon, word: "passed", className: "text-good" },
  failed: { Icon: X, word: "failed", className: "text-bad" },
  skipped: { Icon: Minus, word: "skipped", className: "text-faint" },
} as const;

const CheckLine = ({ check }: { check: Check }) => {
  const { Icon, word, className } = RESULTS[check.result];
  return (
    <li>
      <div className="flex items-center gap-2.5 py-1 text-[13px]">
        <Icon className={`size-3.5 shrink-0 ${className}`} aria-label={word} />
        <span className="min-w-0 flex-1 truncate">{CHECK_NAMES[check.name]}</span>
        <span className="text-xs text-faint tabular-nums">
          {check.result === "skipped" ? "skipped" : formatDuration(check.durationMs)}
        </span>
      </div>
      {check.result === "failed" && check.output && (
        <div className="mb-2 ml-6">
          <Output label={`Check output: ${CHECK_NAMES[check.name]}`}>{check.output}</Output>
        </div>
      )}
    </li>
  );
};

export const ChecksCard = ({ item }: { item: ItemOf<"checks"> }) => (
  <section aria-label="Checks" className="rounded-lg border border-line bg-surface px-3 py-2">
    <h3 className="mb-0.5 flex justify-between text-xs font-medium text-muted">
      Checks
      {item.round > 1 && <span className="font-normal text-faint">round {item.round}</span>}
    </h3>
    <ul>
      {item.checks.map((check) => (
        <CheckLine key={check.name} check={check} />
      ))}
    </ul>
  </section>
);
