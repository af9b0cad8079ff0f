import type { ComponentProps } from "react";

const LOOKS = {
  primary: "bg-accent-600 text-white hover:bg-accent-500",
  plain:
    "border border-slate-300 bg-white hover:bg-slate-100 dark:border-slate-700 dark:bg-slate-800 dark:hover:bg-slate-700",
  quiet:
    "text-slate-500 hover:bg-slate-500/10 hover:text-slate-900 dark:text-slate-400 dark:hover:text-slate-100",
  danger: "text-slate-500 hover:bg-red-500/10 hover:text-red-600 dark:text-slate-400 dark:hover:text-red-400",
};

interface ButtonProps extends ComponentProps<"button"> {
  look?: keyof typeof LOOKS;
}

export function Button({ look = "plain", className = "", ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`cursor-pointer rounded-xl px-4 py-2 font-medium transition disabled:cursor-default disabled:opacity-40 ${LOOKS[look]} ${className}`}
    />
  );
}
