/** An artificial load: processes that each keep one core busy. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** Works for 50 ms at a time, and ends when whoever started it does, also by SIGKILL. */
const BUSY = `
process.stdin.resume().on("end", () => process.exit());
const work = () => {
  const until = performance.now() + 50;
  while (performance.now() < until);
  setImmediate(work);
};
work();`;

/** Runs beside so many busy processes, which end with it. */
export const underLoad = async <T>(processes: number, run: () => Promise<T>): Promise<T> => {
  const busy = Array.from({ length: processes }, () =>
    // A group of its own: Ctrl-C in the terminal is for the tests.
    spawn(process.execPath, ["-e", BUSY], { stdio: ["pipe", "ignore", "inherit"], detached: true }),
  );
  try {
    return await run();
  } finally {
    await Promise.all(
      busy.map(async (child) => {
        const exited = once(child, "exit");
        if (child.exitCode === null && child.kill("SIGKILL")) await exited;
      }),
    );
  }
};
