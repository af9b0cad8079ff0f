let lastKeyAtMs = -Infinity;
document.addEventListener("keydown", () => {
  lastKeyAtMs = performance.now();
});

/** Milliseconds since a key was pressed on this page; infinite before the first. */
export const sinceLastKeyMs = () => performance.now() - lastKeyAtMs;
