/** The sandbox said or did what an honest one would not, or failed at what it was asked for: the run's fault. */
export class SandboxFault extends Error {
  override name = "SandboxFault";
  /** The operating system's, as the sandbox tells it, such as `ENOSPC`. */
  readonly code: string | undefined;

  constructor(message: string, options: { code?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = options.code;
  }
}
