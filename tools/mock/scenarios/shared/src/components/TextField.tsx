import type { ComponentProps } from "react";

/** A one-line text field. `aria-label` or a `<label>` names it. */
export function TextField({ className = "", ...rest }: ComponentProps<"input">) {
  return (
    <input
      {...rest}
      className={`min-w-0 rounded-xl border border-slate-300 bg-slate-50 px-4 py-2 placeholder:text-slate-500 dark:border-slate-700 dark:bg-slate-800 dark:placeholder:text-slate-400 ${className}`}
    />
  );
}
