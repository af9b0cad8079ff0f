/** What the stub's parts are asked, and how they answer. */
export interface Call {
  method: string;
  url: URL;
  body: Record<string, string> | undefined;
  accessToken: string | undefined;
}

/** Status and body: text and pictures as they are, everything else as JSON. */
export type Answer = [status: number, body: unknown];

export const refusal = (status: number, code: string, message: string, details?: unknown): Answer => [
  status,
  { error: { code, message, details } },
];

export const NOT_FOUND = refusal(404, "not_found", "There is no such thing.");
