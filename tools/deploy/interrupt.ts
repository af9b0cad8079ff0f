/** The person pressed Ctrl-C, or the terminal was closed. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** Aborts at the first interrupt. Later ones change nothing, because the current step must finish cleanly. */
export const watchInterrupts = (say: (line: string) => void): AbortSignal => {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) return say("Still stopping; the current step has to finish cleanly.");
      return stopping.abort(new Interrupted("interrupted"));
    });
  }
  return stopping.signal;
};
