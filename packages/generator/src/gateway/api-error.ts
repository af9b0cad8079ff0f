/** An error in the Messages API's own form, so that the agent's harness understands it. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.type = type;
  }
}
