/** The pieces from which every route is declared; the OpenAPI document is made of the same. */
import type { Context as HonoContext, TypedResponse } from "hono";
import { z } from "zod";
import { ApiError, LimitError } from "@leo/core/api.ts";
import { Id } from "@leo/core/id.ts";
import { EVENT_PAGE_MAX } from "../generation/event-page.ts";

export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { "application/json": { schema } },
});

/** Raw bytes or text, whatever their type. */
export const bytes = (description: string) => ({ description });

const REFUSED = {
  400: json(ApiError, "The request is not valid."),
  401: json(ApiError, "Not signed in, or the session has expired."),
  403: json(ApiError, "The account is suspended, or this is for operators."),
  404: json(ApiError, "There is no such thing, or it is another user's."),
  409: json(ApiError, "The present state does not allow it."),
  413: json(ApiError, "The body is too large."),
  429: {
    ...json(LimitError, "A limit is reached; the details say which, and when there is room again."),
    headers: z.object({
      "Retry-After": z
        .string()
        .optional()
        .meta({ description: "Seconds until there is room again, where that is known" }),
    }),
  },
  503: json(ApiError, "Something Leo needs can't be reached right now."),
};

type Refusal = keyof typeof REFUSED;

/** The refusals that every signed-in route may answer with, and those named. */
export const refusals = <Status extends Refusal>(...statuses: Status[]) =>
  Object.fromEntries(
    ([401, 403, 429, 503, ...statuses] as const).map((status) => [status, REFUSED[status]]),
  ) as Pick<typeof REFUSED, 401 | 403 | 429 | 503 | Status>;

export const SIGNED_IN = [{ bearer: [] }];

export const AppParams = z.object({ appId: Id });
export const GenerationParams = z.object({ id: Id });

/** Postgres' integer. */
const SEQ_MAX = 2_147_483_647;

export const EventQuery = z.object({
  since: z.coerce.number().int().min(0).max(SEQ_MAX).default(0),
  limit: z.coerce.number().int().min(1).max(EVENT_PAGE_MAX).default(EVENT_PAGE_MAX),
});

export const RetryQuery = z.object({
  /** Begin where the run began, instead of with what it has left. */
  startOver: z.enum(["true", "false"]).optional(),
});

/** Printable ASCII, as a header carries it. */
export const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "An Idempotency-Key is 1 to 200 printable characters without spaces.")
    .optional(),
});

/** An answer whose JSON text exists already. */
export const jsonText = <T>(c: Pick<HonoContext, "body">, text: string) =>
  c.body(text, 200, { "content-type": "application/json" }) as unknown as TypedResponse<T, 200, "json">;
