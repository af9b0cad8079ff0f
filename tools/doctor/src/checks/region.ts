import type { Check } from "../check.ts";
import { ok, warning } from "../finding.ts";

/** The SDK and the `aws` command use these; SST and Leo use LEO_REGION. */
const OTHERS = ["AWS_REGION", "AWS_DEFAULT_REGION"];

export const regionCheck: Check = {
  name: "region",
  run: async ({ aws: { region }, env }) => {
    const other = OTHERS.find((name) => env[name] && env[name] !== region);
    if (!other) return [ok(region)];
    return [
      warning(
        `the stage is in ${region}, but ${other} says ${env[other]}`,
        `The \`aws\` command uses the other Region; set ${other}=${region} for it.`,
      ),
    ];
  },
};
