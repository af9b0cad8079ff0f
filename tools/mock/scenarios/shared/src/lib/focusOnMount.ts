/** A ref that puts the cursor into an element as soon as it appears. */
export const focusOnMount = (element: HTMLElement | null) => element?.focus();
