/** Why AWS cannot be used with the credentials of this environment. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { awsProblem, reasonOf } from "@leo/core/explain.ts";
import type { Environment } from "../environment/env-files.ts";
import type { Problem } from "./problems.ts";

const isProfileKnown = (profile: string, env: Environment): boolean => {
  const folder = path.join(env.HOME ?? homedir(), ".aws");
  const files = [
    env.AWS_CONFIG_FILE ?? path.join(folder, "config"),
    env.AWS_SHARED_CREDENTIALS_FILE ?? path.join(folder, "credentials"),
  ];
  const headings = files
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .map((line) => /^\s*\[\s*(?:profile\s+)?(.+?)\s*\]/.exec(line)?.[1]?.replaceAll(/["']/g, ""));
  return headings.includes(profile);
};

/** @param error what the SDK threw when it was asked whose credentials these are */
export const credentialsProblem = (error: unknown, region: string, env: Environment): Problem => {
  const profile = env.AWS_PROFILE;
  const whose = profile ? `of the profile ${profile}` : "in this environment";
  const logIn = profile
    ? `run \`aws sso login --profile ${profile}\`, or renew them the way you got them`
    : "log in (`aws sso login`), or set AWS_PROFILE";
  const message = error instanceof Error ? error.message : "";
  const kind = awsProblem(error);

  if (profile && kind === "no_credentials" && !isProfileKnown(profile, env)) {
    return {
      what: `AWS_PROFILE is ${profile}, but there is no such profile in ~/.aws/config`,
      advice: "correct AWS_PROFILE, or make the profile with `aws configure sso`",
    };
  }
  if (kind === "expired" || (kind === "no_credentials" && /expired|SSO session|SSO Token/i.test(message))) {
    return { what: `The AWS credentials ${whose} have expired`, advice: logIn };
  }
  if (kind === "no_credentials") return { what: `There are no AWS credentials ${whose}`, advice: logIn };
  if (kind === "invalid") {
    return {
      what: `AWS in ${region} does not know the credentials ${whose}`,
      advice: `${logIn}, and check that the account has Region ${region} enabled`,
    };
  }
  if (kind === "clock") {
    return {
      what: "AWS rejects the signature because this machine's clock is wrong",
      advice: "set the clock",
    };
  }
  if (kind === "denied") {
    return {
      what: `The AWS credentials ${whose} may not even ask who they are`,
      advice: "allow sts:GetCallerIdentity, which a policy denies",
    };
  }
  return {
    what: `AWS cannot be asked in ${region}: ${reasonOf(error)}`,
    advice: "check the network, and LEO_REGION",
  };
};
