import type { ReactNode } from "react";

interface CardProps {
  children: ReactNode;
  /** Names the section for screen readers when it has no heading. */
  label?: string;
  className?: string;
}

/** A raised panel. */
export function Card({ children, label, className = "" }: CardProps) {
  return (
    <section
      aria-label={label}
      className={`rounded-2xl border border-slate-200 bg-white shadow-xl shadow-slate-900/5 dark:border-slate-800 dark:bg-slate-900 ${className}`}
    >
      {children}
    </section>
  );
}
