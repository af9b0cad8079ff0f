/** The person pressed Ctrl-C, or the terminal was closed. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** Aborts at the first interrupt; later ones change nothing, since what is under way must end whole. */
export const watchInterrupts = (say: (line: string) => void): AbortSignal => {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) return say("Still stopping; what is under way has to end whole.");
      return stopping.abort(new Interrupted("interrupted"));
    });
  }
  return stopping.signal;
};
