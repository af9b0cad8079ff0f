import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Check } from "../check.ts";
import { failure, type Finding, ok } from "../finding.ts";
import { awsProblem, type AwsProblem, reasonOf } from "@leo/core/explain.ts";
import type { AwsConfig, Target } from "../target.ts";

const LOG_IN = "Log in (`aws sso login`) or set AWS_PROFILE, as docs/deploy.md says.";

const PROBLEMS: Partial<Record<AwsProblem, Finding>> = {
  no_credentials: failure("there are no AWS credentials", LOG_IN),
  expired: failure("the AWS credentials have expired", LOG_IN),
  invalid: failure("AWS doesn't know these credentials", LOG_IN),
  clock: failure("AWS rejects the signature: this machine's clock is wrong", "Set the clock."),
  denied: failure(
    "these credentials may not even ask who they are",
    "A policy denies sts:GetCallerIdentity; allow it.",
  ),
};

/** Whose credentials these are, or why they don't work. */
export const readIdentity = async (
  aws: AwsConfig,
  signal: AbortSignal,
): Promise<Pick<Target, "identity" | "identityProblem">> => {
  const sts = new STSClient(aws);
  try {
    const { Account = "", Arn = "" } = await sts.send(new GetCallerIdentityCommand({}), {
      abortSignal: signal,
    });
    return { identity: { account: Account, arn: Arn } };
  } catch (error) {
    const known = PROBLEMS[awsProblem(error)];
    const unknown = failure(
      `AWS can't be reached in ${aws.region}: ${reasonOf(error)}`,
      "Check the network and LEO_REGION.",
    );
    return { identityProblem: known ?? unknown };
  } finally {
    sts.destroy();
  }
};

/** `arn:aws:sts::111122223333:assumed-role/Admin/ada` → `assumed-role/Admin/ada` */
const whoIs = (arn: string) => arn.split(":").slice(5).join(":");

export const credentialsCheck: Check = {
  name: "credentials",
  run: async ({ identity, identityProblem }) => {
    if (!identity) return [identityProblem ?? failure("the AWS credentials were not looked at")];
    return [ok(`account ${identity.account}, ${whoIs(identity.arn)}`)];
  },
};
