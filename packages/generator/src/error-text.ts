/** The message of an error, or of anything else that was thrown. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** True for the operating system's error with this code, such as `ENOENT`. */
export const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;
