/**
 * What time it is by the server's clock, which stamps everything that is shown. The clock of a browser may be
 * hours off.
 */

/** Less is what an answer takes on its way, and what a header without milliseconds leaves out. */
const TOLERANCE_MS = 5_000;

let aheadMs = 0;

/** Compares the clocks by an answer that the server has just given. */
export const noteServerTime = ({ headers }: Response): void => {
  const serverMs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(serverMs)) return;
  const differenceMs = serverMs - Date.now();
  aheadMs = Math.abs(differenceMs) < TOLERANCE_MS ? 0 : differenceMs;
};

/** Milliseconds since 1970, as the server counts them. */
export const serverNow = (): number => Date.now() + aheadMs;
