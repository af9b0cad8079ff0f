import { clsx } from "clsx";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

interface RowProps {
  icon: ReactNode;
  tone?: "plain" | "bad";
  children: ReactNode;
  /** Stands at the end of the line. */
  aside?: ReactNode;
}

/** One line of the timeline: an icon, what happened, and how long it took or how large it is. */
export const Row = ({ icon, tone = "plain", children, aside }: RowProps) => (
  <div
    className={clsx(
      "flex items-start gap-2.5 text-[13px] leading-6",
      tone === "bad" ? "text-bad" : "text-muted",
    )}
  >
    <span
      aria-hidden="true"
      className={clsx("grid h-6 w-4 shrink-0 place-items-center", tone === "plain" && "text-faint")}
    >
      {icon}
    </span>
    <div className="min-w-0 flex-1">{children}</div>
    {aside !== undefined && (
      <span className="shrink-0 text-xs leading-6 text-faint tabular-nums">{aside}</span>
    )}
  </div>
);

interface FoldProps {
  icon: ReactNode;
  tone?: RowProps["tone"];
  summary: ReactNode;
  aside?: ReactNode;
  /** Without it the row is a plain line. */
  children?: ReactNode;
  defaultOpen?: boolean;
}

/** A line that opens to show more. */
export const FoldRow = ({ icon, tone, summary, aside, children, defaultOpen }: FoldProps) => {
  if (!children) {
    return (
      <Row icon={icon} tone={tone} aside={aside}>
        <div className="truncate">{summary}</div>
      </Row>
    );
  }
  return (
    <details open={defaultOpen} className="group">
      <summary className="list-none rounded-md hover:bg-hover [&::-webkit-details-marker]:hidden">
        <Row icon={icon} tone={tone} aside={aside}>
          <div className="flex items-center gap-1">
            <div className="truncate">{summary}</div>
            <ChevronRight
              className="size-3 shrink-0 text-faint transition-transform group-open:rotate-90"
              aria-hidden="true"
            />
          </div>
        </Row>
      </summary>
      <div className="mt-1 mb-2 ml-[26px]">{children}</div>
    </details>
  );
};

export const Output = ({ label, children }: { label: string; children: string }) => (
  <pre
    tabIndex={0}
    role="region"
    aria-label={label}
    className="max-h-60 overflow-auto rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-xs leading-5 text-muted"
  >
    {children}
  </pre>
);
