import type { Logger } from "pino";

export interface Repeated {
  /** Runs soon, or once more after the present run. */
  wake(): void;
  /** No further run; resolves when the present one has ended. */
  stop(): Promise<void>;
}

/**
 * Runs a piece of work now, at most `intervalMs` after the last run, and whenever woken; never twice
 * at once. An error is logged and does not end it.
 */
export const repeat = (
  name: string,
  intervalMs: number,
  log: Logger,
  work: () => Promise<void>,
): Repeated => {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  const run = async (): Promise<void> => {
    again = false;
    try {
      await work();
    } catch (cause) {
      log.error({ err: cause, event: "background_failed", work: name }, `${name} failed and will run again`);
    }
    running = undefined;
    if (stopped) return;
    if (again) wake();
    else timer = setTimeout(wake, intervalMs);
  };

  const wake = () => {
    clearTimeout(timer);
    if (stopped) return;
    again = running !== undefined;
    running ??= run();
  };

  wake();
  return {
    wake,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
};
