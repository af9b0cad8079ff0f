import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { clsx } from "clsx";
import type { ReactNode } from "react";

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: readonly { value: Value; label: string; icon?: ReactNode }[];
}

/** One choice out of a few. With an icon, the label is its accessible name. */
export const Segmented = <Value extends string>({
  label,
  value,
  onChange,
  options,
}: SegmentedProps<Value>) => (
  <ToggleGroup
    aria-label={label}
    value={[value]}
    onValueChange={([next]) => next !== undefined && onChange(next)}
    className="inline-flex items-center gap-0.5 rounded-lg bg-sunken p-0.5"
  >
    {options.map((option) => (
      <Toggle
        key={option.value}
        value={option.value}
        aria-label={option.label}
        title={option.icon ? option.label : undefined}
        className={clsx(
          "inline-flex h-7 items-center justify-center rounded-md text-xs font-medium text-muted transition-colors hover:text-ink",
          "data-pressed:bg-surface data-pressed:text-ink data-pressed:shadow-raised",
          option.icon ? "w-8" : "px-2.5",
        )}
      >
        {option.icon ?? option.label}
      </Toggle>
    ))}
  </ToggleGroup>
);
