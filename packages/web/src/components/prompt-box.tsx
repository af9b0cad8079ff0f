import { clsx } from "clsx";
import { isBlank } from "@leo/core/blank.ts";
import type { KeyboardEvent, ReactNode, Ref } from "react";
import { formatCount, plural } from "../lib/format.ts";

interface PromptBoxProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  onSubmit: () => void;
  placeholder?: string;
  maxChars: number;
  /** Lines that are free to begin with. */
  rows: number;
  autoFocus?: boolean;
  /** Controls under the text, on the left. */
  options?: ReactNode;
  /** The button that submits. */
  action: ReactNode;
  describedBy?: string;
  ref?: Ref<HTMLTextAreaElement>;
}

/**
 * Ctrl+Enter and ⌘+Enter submit everywhere. Enter alone does so too, but on a touch keyboard it makes a new
 * line, as Shift+Enter does elsewhere.
 */
const submits = ({ key, ctrlKey, metaKey, shiftKey, nativeEvent }: KeyboardEvent) => {
  if (key !== "Enter" || nativeEvent.isComposing) return false;
  return ctrlKey || metaKey || (!shiftKey && matchMedia("(pointer: fine)").matches);
};

export const PromptBox = ({ ref, ...props }: PromptBoxProps) => {
  const left = props.maxChars - props.value.length;
  const onKeyDown = (event: KeyboardEvent) => {
    if (!submits(event)) return;
    event.preventDefault();
    props.onSubmit();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit();
      }}
      className="rounded-xl border border-line bg-surface shadow-raised transition-colors hover:border-line-strong has-[textarea:focus-visible]:border-accent has-[textarea:focus-visible]:ring-3 has-[textarea:focus-visible]:ring-accent/15"
    >
      <textarea
        ref={ref}
        aria-label={props.label}
        dir="auto"
        aria-describedby={props.describedBy}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={props.placeholder}
        rows={props.rows}
        autoFocus={props.autoFocus}
        className="block field-sizing-content max-h-[40vh] w-full resize-none bg-transparent px-3.5 pt-3 pb-1 text-[15px] leading-6 outline-none"
        style={{ minHeight: `${props.rows * 1.5 + 1}rem` }}
      />
      <div className="flex items-center gap-2 px-2 pb-2">
        {props.options}
        <span className="flex-1" />
        {props.value.trim() !== "" && isBlank(props.value) && (
          <span className="text-xs text-bad">This text has no visible characters.</span>
        )}
        {left < props.maxChars / 5 && (
          <span className={clsx("text-xs tabular-nums", left < 0 ? "text-bad" : "text-faint")}>
            {left < 0 ? `${plural(-left, "character")} over the limit` : `${formatCount(left)} left`}
          </span>
        )}
        {props.action}
      </div>
    </form>
  );
};
