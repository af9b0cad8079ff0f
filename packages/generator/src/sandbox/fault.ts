/** The sandbox did something that an honest one wouldn't, or failed at a request. It counts as the run's failure. */
export class SandboxFault extends Error {
  override name = "SandboxFault";
  /** The operating system's code according to the sandbox, such as `ENOSPC`. */
  readonly code: string | undefined;

  constructor(message: string, options: { code?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = options.code;
  }
}
