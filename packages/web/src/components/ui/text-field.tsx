import { clsx } from "clsx";
import { useId, type ComponentProps } from "react";

interface TextFieldProps extends ComponentProps<"input"> {
  label: string;
  /** Shown under the field and read out with it. */
  hint?: string;
}

export const inputClass =
  "h-9 w-full rounded-lg border border-line bg-surface px-3 text-sm shadow-raised transition-colors hover:border-line-strong focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0";

export const TextField = ({ label, hint, className, ...props }: TextFieldProps) => {
  const id = useId();
  return (
    <div className={clsx("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="text-xs font-medium text-muted">
        {label}
      </label>
      <input
        id={id}
        dir="auto"
        className={inputClass}
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...props}
      />
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-faint">
          {hint}
        </p>
      )}
    </div>
  );
};
