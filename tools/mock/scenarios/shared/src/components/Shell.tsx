import type { ReactNode } from "react";
import { useTheme } from "../lib/useTheme.ts";
import { ThemeIcon } from "./ThemeIcon.tsx";

interface ShellProps {
  title: string;
  children: ReactNode;
  /** How wide the content may grow. */
  width?: "narrow" | "medium" | "wide";
}

const WIDTHS = { narrow: "max-w-md", medium: "max-w-2xl", wide: "max-w-6xl" };

/** The page around the app: its title, the theme switch and the content. */
export function Shell({ title, children, width = "medium" }: ShellProps) {
  const { theme, toggle } = useTheme();
  return (
    <div className="min-h-screen bg-gradient-to-b from-slate-50 to-slate-200 text-slate-900 dark:from-slate-950 dark:to-slate-900 dark:text-slate-100">
      <div className={`mx-auto px-4 py-8 sm:py-12 ${WIDTHS[width]}`}>
        <header className="mb-6 flex items-center justify-between gap-4">
          <h1 className="text-3xl font-bold tracking-tight text-balance">{title}</h1>
          <button
            type="button"
            onClick={toggle}
            aria-pressed={theme === "dark"}
            aria-label="Dark mode"
            title={theme === "dark" ? "Switch to light" : "Switch to dark"}
            className="grid size-10 shrink-0 cursor-pointer place-items-center rounded-full border border-slate-300 bg-white shadow-sm transition hover:bg-slate-100 dark:border-slate-700 dark:bg-slate-800 dark:hover:bg-slate-700"
          >
            <ThemeIcon theme={theme} />
          </button>
        </header>
        <main className="space-y-6">{children}</main>
      </div>
    </div>
  );
}
