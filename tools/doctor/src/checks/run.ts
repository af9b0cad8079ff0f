import type { Account } from "../../../proof/account.ts";
import { prove } from "../../../proof/prove.ts";
import { ProofError } from "../../../proof/proof-error.ts";
import { LOCAL_PASSWORD_FILE, localSecret } from "@leo/local/start/data-dir.ts";
import type { Check } from "../check.ts";
import { failure, LeftOut, ok } from "../finding.ts";
import { secretOf, type Target } from "../target.ts";

/** Every laptop's user; on a stage, one is created for the run. */
const accountFor = async (target: Target): Promise<Account> =>
  target.stage
    ? { serviceRoleKey: secretOf(target, "SupabaseServiceRoleKey") }
    : { email: "dev@leo.local", password: await localSecret(target.dataDir, LOCAL_PASSWORD_FILE) };

/**
 * Builds one small app through the address that people use. Progress goes to standard error.
 * @param isHealthy whether everything else passed; only then is money spent
 */
export const runCheck = (isHealthy: boolean): Check => ({
  name: "run",
  run: async (target, signal) => {
    if (!isHealthy) throw new LeftOut("everything else to be well");
    if (!target.publicUrl) throw new LeftOut("the site's address");
    const startedAt = performance.now();
    try {
      const { costUsd } = await prove({
        url: target.publicUrl,
        account: await accountFor(target),
        say: (line) => process.stderr.write(`${line}\n`),
        signal,
      });
      const durationS = Math.round((performance.now() - startedAt) / 1_000);
      return [
        ok(`a small app was built, opened and deleted in ${durationS} s, for USD ${costUsd.toFixed(2)}`),
      ];
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      return [failure(error.message.replace(/\.$/, ""), "Check the orchestrator's log.")];
    }
  },
});
