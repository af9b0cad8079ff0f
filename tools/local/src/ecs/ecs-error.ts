/** An error as ECS answers it: HTTP status, `__type` and a message. */
export class EcsError extends Error {
  override name = "EcsError";
  readonly type: string;
  readonly status: number;
  readonly details: Record<string, unknown>;

  constructor(type: string, message: string, status = 400, details: Record<string, unknown> = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.details = details;
  }
}

export const invalidParameter = (message: string): EcsError =>
  new EcsError("InvalidParameterException", message);
export const clientError = (message: string): EcsError => new EcsError("ClientException", message);
export const clusterNotFound = (): EcsError => new EcsError("ClusterNotFoundException", "Cluster not found.");
