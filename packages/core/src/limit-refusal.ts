/** What the API reports about an exceeded limit. */
import { z } from "zod";

export const LimitName = z.enum([
  "queued_per_user",
  "generations_per_day",
  "usd_per_user_day",
  "usd_per_platform_day",
  "requests_per_user",
  "requests_per_ip",
  "refused_tokens_per_ip",
  "sockets_per_user",
  "shares_per_app",
  "copies_per_day",
  "sites_per_user",
  "site_bytes_per_user",
  "messages_waiting",
]);
export type LimitName = z.infer<typeof LimitName>;

/** `details` of an error with the code `limit_reached` or `rate_limited`. */
export const LimitDetails = z.object({
  limit: LimitName,
  /** The limit's unit: requests, or USD if its name begins with `usd`. */
  max: z.number(),
  /** What already counts against it, without this request. */
  current: z.number(),
  /** When there is room again, if known; `Retry-After` says the same. Absent: once something is removed. */
  freesAt: z.iso.datetime().optional(),
});
export type LimitDetails = z.infer<typeof LimitDetails>;
