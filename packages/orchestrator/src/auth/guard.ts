/** Rate limits on everything that comes in: per address, per rejected token, per user. */
import type { LimitName } from "@leo/core/limit-refusal.ts";
import type { Config } from "../config.ts";
import { refuseSuspended } from "../generation/admission.ts";
import type { Accounts } from "../account/account-cache.ts";
import { ApiFault } from "../fault.ts";
import { limitFault, timeInWords } from "../limits/limit-fault.ts";
import type { Topic } from "../peers/peers.ts";
import { createRecent } from "./recent.ts";
import { createTokenBuckets, type TokenBuckets } from "./token-buckets.ts";
import type { User, Verifier } from "./verifier.ts";

export interface Guard {
  /**
   * A request without a token.
   * @throws ApiFault `rate_limited` when too many came from this address; undefined passes
   */
  admitAddress(address: string | undefined): void;
  /** A socket that wants to open. @returns 0, or how many seconds it has to wait */
  waitSeconds(address: string | undefined): number;
  /**
   * Verifies a token, unless too many from this address were rejected. A token that has been valid before is always
   * checked.
   * @throws ApiFault also `rate_limited`
   */
  verify(token: string, address: string | undefined): Promise<User>;
  /** @throws ApiFault `rate_limited`; `forbidden` when a suspended user would change something */
  admitUser(user: User, isWrite: boolean): Promise<void>;
  /** A preview link that hasn't been opened here before. @returns 0, or how many seconds until it may be looked up */
  previewWaitSeconds(address: string | undefined): number;
  /** That link opened nothing. */
  refusedPreview(address: string | undefined): void;
  /** A user's socket. @throws ApiFault `forbidden` when the user is suspended */
  admitSocket(user: User): Promise<void>;
  /** The counters that orchestrators share. */
  topics: Topic[];
}

/** Tokens that have been valid; about 50 bytes each. */
const VERIFIED_MAX = 20_000;
/** Links that open nothing, per address. People follow a few dead links; each one costs a database query. */
const REFUSED_PREVIEWS_PER_MINUTE = 120;

/** A limit across all orchestrators, except for what arrives within one beat. */
const shared = (name: string, buckets: TokenBuckets): Topic => ({
  name,
  collect: () => buckets.spent(),
  receive: (_peer, entries) => entries.forEach(([key, count]) => buckets.charge(key, count)),
});

export const createGuard = (
  config: Config,
  now: () => Date,
  { verify, accounts }: { verify: Verifier; accounts: Accounts },
): Guard => {
  const addresses = createTokenBuckets(config.LEO_REQUESTS_PER_MINUTE_ADDRESS, now);
  const users = createTokenBuckets(config.LEO_REQUESTS_PER_MINUTE_USER, now);
  const sockets = createTokenBuckets(config.LEO_REQUESTS_PER_MINUTE_ADDRESS, now);
  const refused = createTokenBuckets(config.LEO_REFUSED_SIGN_INS_PER_MINUTE, now);
  const previews = createTokenBuckets(REFUSED_PREVIEWS_PER_MINUTE, now);
  const verified = createRecent(VERIFIED_MAX);

  const refuse = (limit: LimitName, { perMinute }: TokenBuckets, waitMs: number, what: string) => {
    const at = now();
    const freesAt = new Date(at.getTime() + waitMs);
    return limitFault(
      "rate_limited",
      `${what}, the limit is ${perMinute} a minute. The next is taken ${timeInWords(freesAt, at)}.`,
      { limit, max: perMinute, current: perMinute },
      { freesAt, now: at },
    );
  };

  return {
    admitAddress: (address) => {
      const waitMs = address === undefined ? 0 : addresses.take(address);
      if (waitMs > 0)
        throw refuse("requests_per_ip", addresses, waitMs, "Too many requests come from your address");
    },
    waitSeconds: (address) => (address === undefined ? 0 : Math.ceil(sockets.take(address) / 1_000)),
    previewWaitSeconds: (address) =>
      address === undefined ? 0 : Math.ceil(previews.waitMs(address) / 1_000),
    refusedPreview: (address) => {
      if (address !== undefined) previews.take(address);
    },
    verify: async (token, address) => {
      const isKnown = verified.has(token);
      const waitMs = address === undefined || isKnown ? 0 : refused.waitMs(address);
      if (waitMs > 0)
        throw refuse(
          "refused_tokens_per_ip",
          refused,
          waitMs,
          "Too many sign-ins from your address were refused",
        );
      try {
        const user = await verify(token);
        verified.add(token);
        return user;
      } catch (cause) {
        if (address !== undefined && cause instanceof ApiFault && cause.code === "unauthenticated")
          refused.take(address);
        throw cause;
      }
    },
    admitUser: async (user, isWrite) => {
      const waitMs = users.take(user.userId);
      if (waitMs > 0) throw refuse("requests_per_user", users, waitMs, "You send too many requests");
      const account = await accounts.of(user);
      if (isWrite) refuseSuspended(account);
    },
    admitSocket: async (user) => refuseSuspended(await accounts.of(user)),
    topics: [
      shared("addresses", addresses),
      shared("socket addresses", sockets),
      shared("users", users),
      shared("refused", refused),
      shared("refused previews", previews),
    ],
  };
};
