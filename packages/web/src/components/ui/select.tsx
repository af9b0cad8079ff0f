import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";

interface SelectProps<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: readonly { value: Value; label: string }[];
}

export const Select = <Value extends string>({ label, value, onChange, options }: SelectProps<Value>) => (
  <Base.Root items={options} value={value} onValueChange={(next) => next !== null && onChange(next)}>
    <Base.Trigger
      aria-label={label}
      className="inline-flex h-8 items-center gap-1.5 rounded-md border border-line bg-surface px-2.5 text-xs font-medium shadow-raised hover:border-line-strong"
    >
      <Base.Value />
      <Base.Icon>
        <ChevronsUpDown className="size-3.5 text-faint" aria-hidden="true" />
      </Base.Icon>
    </Base.Trigger>
    <Base.Portal>
      <Base.Positioner sideOffset={6} alignItemWithTrigger={false} className="z-50 outline-none">
        <Base.Popup className="max-h-80 min-w-40 overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-float outline-none">
          {options.map((option) => (
            <Base.Item
              key={option.value}
              value={option.value}
              className="flex items-center gap-2 rounded-md px-2.5 py-1.5 text-[13px] -outline-offset-2 select-none data-highlighted:bg-hover"
            >
              <span className="w-4">
                <Base.ItemIndicator>
                  <Check className="size-3.5" aria-hidden="true" />
                </Base.ItemIndicator>
              </span>
              <Base.ItemText>{option.label}</Base.ItemText>
            </Base.Item>
          ))}
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  </Base.Root>
);
