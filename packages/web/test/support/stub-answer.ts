/** What the stub's parts are asked, and how they answer: as the server's routes do, or the compiler says so. */
import type { ExtractSchema } from "hono/types";
import type { ErrorCode } from "@leo/core/api.ts";
import type { Api } from "@leo/orchestrator/routes/api.ts";

export interface Call {
  method: string;
  url: URL;
  body: Record<string, string> | undefined;
  accessToken: string | undefined;
}

/** Status and body: text and pictures as they are, everything else as JSON. */
export type Answer = [status: number, body: unknown];

type Routes = ExtractSchema<Api>;
type Json<Route, Status> = Route extends { output: infer Body; status: Status; outputFormat: infer Format }
  ? Format extends "json"
    ? Body
    : unknown
  : never;

/**
 * An answer of one of the server's routes.
 * @param path of the route, with its parameters by name; it and the method pick the type of the body
 */
export const reply = <
  Path extends keyof Routes,
  Method extends keyof Routes[Path],
  Status extends (Routes[Path][Method] extends { status: infer Known extends number } ? Known : never),
>(
  _path: Path,
  _method: Method,
  status: Status,
  body: Json<Routes[Path][Method], Status>,
): Answer => [status, body];

export const refusal = (status: number, code: ErrorCode, message: string, details?: unknown): Answer => [
  status,
  { error: { code, message, details } },
];

export const NOT_FOUND = refusal(404, "not_found", "There is no such thing.");
