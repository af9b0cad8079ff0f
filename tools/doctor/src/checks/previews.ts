import { previewProblem } from "../../../preflight/problems.ts";
import type { Check } from "../check.ts";
import { LeftOut, ok, warning } from "../finding.ts";

/** Whether generated apps have a site of their own, so their cookies never reach Leo. */
export const previewsCheck: Check = {
  name: "previews",
  run: async ({ stage }) => {
    if (!stage) throw new LeftOut("a stage");
    const problem = previewProblem(stage);
    if (problem) return [warning(problem.what, `${problem.advice}; docs/deploy.md says how.`)];
    if (!stage.domain) return [ok("previews are under a path, sandboxed to an origin that is nobody's")];
    return [ok(`previews are at *.${stage.previewDomain}, a separate site`)];
  },
};
