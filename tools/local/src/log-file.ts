import { closeSync, openSync, writeSync } from "node:fs";

export interface LogFile {
  write: (text: string) => void;
  close: () => void;
}

/** No room on the disk. */
export const isDiskFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");

/**
 * A log that is appended to. A line for which the disk has no room is lost, and what is logged goes on.
 * @throws when the file cannot be opened
 */
export const openLogFile = (file: string): LogFile => {
  const descriptor = openSync(file, "a");
  return {
    write: (text) => {
      try {
        writeSync(descriptor, text);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
      }
    },
    close: () => closeSync(descriptor),
  };
};
