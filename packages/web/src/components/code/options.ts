import type { CSSProperties } from "react";

/** Looks that the code viewer and the diff viewer share. */
export const CODE_THEME = { light: "pierre-light", dark: "pierre-dark" } as const;

/** The viewers draw into a shadow tree; only custom properties reach it. */
export const CODE_STYLE = {
  "--diffs-font-family": "var(--font-mono)",
  "--diffs-header-font-family": "var(--font-sans)",
  "--diffs-font-size": "12.5px",
  "--diffs-line-height": "20px",
  "--diffs-light-bg": "var(--color-surface)",
  "--diffs-dark-bg": "var(--color-surface)",
} as CSSProperties;

export const CODE_CSS = `:host { --diffs-bg: var(--color-surface) !important; }`;
