import type { CSSProperties } from "react";

/** Looks that the code viewer and the diff viewer share. */
export const CODE_THEME = { light: "pierre-light", dark: "pierre-dark" } as const;

/** The viewers draw into a shadow tree; only custom properties reach it. */
export const CODE_STYLE = {
  "--diffs-font-family": "var(--font-mono)",
  "--diffs-header-font-family": "var(--font-sans)",
  "--diffs-font-size": "12.5px",
  "--diffs-line-height": "20px",
  // Not always: where scrollbars take room an empty one would stand under every block.
  "--diffs-overflow-override": "auto",
  "--diffs-light-bg": "var(--color-surface)",
  "--diffs-dark-bg": "var(--color-surface)",
  "--diffs-fg-number-override": "var(--color-muted)",
  "--diffs-fg-number-addition-override": "var(--color-muted)",
  "--diffs-fg-number-deletion-override": "var(--color-muted)",
  "--diffs-bg-separator-override": "var(--color-sunken)",
  "--diffs-bg-addition-emphasis-override": "light-dark(#cdebd6, #1f3b29)",
  "--diffs-bg-deletion-emphasis-override": "light-dark(#f5cfcb, #4a2523)",
} as CSSProperties;

export const CODE_CSS = `:host { --diffs-bg: var(--color-surface) !important; }`;

const asButton = (element: HTMLElement) => {
  element.tabIndex = 0;
  element.setAttribute("aria-label", "Show lines that did not change");
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    element.click();
  });
};

/** Gives the keyboard what the viewers leave to the mouse: their scrolling blocks and their buttons. */
export const makeReachable = (node: HTMLElement): void => {
  const root = node.shadowRoot ?? node;
  for (const block of root.querySelectorAll<HTMLElement>("code")) block.tabIndex = 0;
  for (const button of root.querySelectorAll<HTMLElement>('[role="button"]:not([aria-label])'))
    asButton(button);
};
