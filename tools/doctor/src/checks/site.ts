import type { Check } from "../check.ts";
import { failure, LeftOut, ok } from "../finding.ts";
import { parseJson } from "@leo/core/parse-json.ts";
import { probe } from "../probe.ts";
import { needCredentials } from "../target.ts";

const WHY: Record<string, string> = {
  draining: "it is being replaced",
  no_database: "it has no database",
};

/** Whether Leo answers at its public address. */
export const siteCheck: Check = {
  name: "site",
  run: async (target, signal) => {
    needCredentials(target);
    const { publicUrl, isUp, isUpUnknown, stage } = target;
    if (isUpUnknown) throw new LeftOut("to know what is deployed");
    if (!isUp) {
      return [
        ok(
          stage
            ? "nothing is deployed yet"
            : "Leo isn't running here; start it with `npm start` to check more",
        ),
      ];
    }
    if (!publicUrl) throw new LeftOut("the site's address");
    const answer = await probe(new URL("/health", publicUrl).href, signal);
    if ("unreachable" in answer) {
      return [
        failure(
          `${publicUrl} can't be reached: ${answer.unreachable}`,
          stage ? "Is this machine's address in LEO_ALLOWLIST?" : "Check .leo/logs/orchestrator.log.",
        ),
      ];
    }
    if (answer.status === 200) return [ok(`${publicUrl} answers`)];
    const { status = "" } = (parseJson(answer.text) ?? {}) as { status?: string };
    return [
      failure(
        `${publicUrl} returns ${answer.status}${WHY[status] ? `: ${WHY[status]}` : ""}`,
        stage ? `Run \`npm run deployed -- --stage ${stage.name}\`.` : "Check .leo/logs/orchestrator.log.",
      ),
    ];
  },
};
