import type { Check } from "../check.ts";
import { failure, ok, warning } from "../finding.ts";
import { probe } from "../probe.ts";
import { needCredentials } from "../target.ts";

/** Tokens are checked with this tolerance. */
const WARN_SECONDS = 5;
/** AWS refuses signatures that are further off. */
const FAIL_SECONDS = 300;
const SET_THE_CLOCK = "Let the machine take its time from NTP.";

/** This machine's clock against the `Date` header of AWS, which rejects requests of a wrong time. */
export const clockCheck = (now: () => number = Date.now): Check => ({
  name: "clock",
  run: async (target, signal) => {
    needCredentials(target);
    const { clockUrl } = target;
    const askedAt = now();
    const answer = await probe(clockUrl, signal, { method: "HEAD" });
    const { host } = new URL(clockUrl);
    if ("unreachable" in answer) {
      return [warning(`cannot be compared with ${host}: ${answer.unreachable}`, "Look at the network.")];
    }
    const theirs = Date.parse(answer.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) return [warning(`cannot be compared with ${host}: it tells no date`)];
    // The header has whole seconds: on the average it is half a second old.
    const offSeconds = Math.round(Math.abs((askedAt + now()) / 2 - (theirs + 500)) / 1_000);
    if (offSeconds >= FAIL_SECONDS) {
      return [failure(`it is off by ${offSeconds} s, and AWS refuses such requests`, SET_THE_CLOCK)];
    }
    if (offSeconds > WARN_SECONDS) {
      return [
        warning(`it is off by ${offSeconds} s, and sign-in tolerates ${WARN_SECONDS} s`, SET_THE_CLOCK),
      ];
    }
    return [ok(`right to ${Math.max(offSeconds, 1)} s`)];
  },
});
