import type { Check } from "../check.ts";
import { failure, ok, warning } from "../finding.ts";
import { probe } from "../probe.ts";
import { needCredentials } from "../target.ts";

/** Tokens are checked with this tolerance. */
const WARN_SECONDS = 5;
/** AWS rejects signatures beyond this. */
const FAIL_SECONDS = 300;
const SET_THE_CLOCK = "Set the machine's clock with NTP.";

/** This machine's clock against AWS's `Date` header. AWS rejects requests with a wrong time. */
export const clockCheck = (now: () => number = Date.now): Check => ({
  name: "clock",
  run: async (target, signal) => {
    needCredentials(target);
    const { clockUrl } = target;
    const askedAt = now();
    const answer = await probe(clockUrl, signal, { method: "HEAD" });
    const { host } = new URL(clockUrl);
    if ("unreachable" in answer) {
      return [warning(`can't be compared with ${host}: ${answer.unreachable}`, "Check the network.")];
    }
    const theirs = Date.parse(answer.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) return [warning(`can't be compared with ${host}: it sends no date`)];
    // The header has whole seconds: on average it's half a second old.
    const offSeconds = Math.round(Math.abs((askedAt + now()) / 2 - (theirs + 500)) / 1_000);
    if (offSeconds >= FAIL_SECONDS) {
      return [failure(`it's off by ${offSeconds} s, and AWS rejects such requests`, SET_THE_CLOCK)];
    }
    if (offSeconds > WARN_SECONDS) {
      return [warning(`it's off by ${offSeconds} s; sign-in tolerates ${WARN_SECONDS} s`, SET_THE_CLOCK)];
    }
    return [ok(`accurate to ${Math.max(offSeconds, 1)} s`)];
  },
});
