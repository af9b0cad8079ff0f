import { formatDateTime, formatWhen } from "../../../lib/format.ts";

interface MessageBubbleProps {
  text: string;
  at: string;
  /** What kind of request it is: "Version 2", "Added during the run". */
  note?: string | undefined;
}

export const Moment = ({ at }: { at: string }) => (
  <time dateTime={at} title={formatDateTime(at)} className="text-xs text-faint">
    {formatWhen(at)}
  </time>
);

/** Something that the user said. */
export const MessageBubble = ({ text, at, note }: MessageBubbleProps) => (
  <div className="rounded-xl bg-hover px-3.5 py-2.5">
    <div className="mb-0.5 flex items-baseline justify-between gap-3 text-xs text-faint">
      <span className="font-medium text-muted">
        You{note && <span className="font-normal"> · {note}</span>}
      </span>
      <Moment at={at} />
    </div>
    <p dir="auto" className="text-[15px] leading-6 break-words whitespace-pre-wrap">
      {text}
    </p>
  </div>
);
