import { clsx } from "clsx";
import type { ComponentProps } from "react";

const VARIANTS = {
  // A border that is not seen until the reader's own colours replace the background.
  primary: "bg-ink text-canvas border border-transparent hover:bg-ink/88 shadow-raised",
  secondary: "bg-surface text-ink border border-line hover:border-line-strong hover:bg-hover shadow-raised",
  ghost: "border border-transparent text-muted hover:text-ink hover:bg-hover",
  danger: "bg-surface text-bad border border-line hover:border-bad/50 hover:bg-bad-soft shadow-raised",
} as const;

const SIZES = {
  small: "h-7 px-2.5 text-xs gap-1.5 rounded-md",
  medium: "h-9 px-3.5 text-sm gap-2 rounded-lg",
  icon: "size-8 rounded-md",
} as const;

export interface ButtonStyle {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
}

/** The class names of a button, for links and Base UI parts that look like one. */
export const buttonClass = ({ variant = "secondary", size = "medium" }: ButtonStyle = {}) =>
  clsx(
    "inline-flex shrink-0 items-center justify-center font-medium whitespace-nowrap select-none",
    "transition-colors duration-100 disabled:opacity-45 disabled:pointer-events-none",
    VARIANTS[variant],
    SIZES[size],
  );

export const Button = ({
  variant,
  size,
  className,
  type = "button",
  ...props
}: ButtonStyle & ComponentProps<"button">) => (
  <button type={type} className={clsx(buttonClass({ variant, size }), className)} {...props} />
);
