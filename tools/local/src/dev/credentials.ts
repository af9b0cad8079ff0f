/**
 * Whose rights Leo works with in `sst dev`: those of the orchestrator's role, and nobody else's.
 *
 * SST assumes the role and adds its keys to the developer's whole environment. When it may not assume
 * it, it adds none and starts the command all the same, so that the developer's own keys would be used.
 */
import { devNull } from "node:os";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { StartError } from "../start-error.ts";

/** An hour: what SST asks for. It starts the command anew with fresh ones before that. */
export const CREDENTIALS_MS = 3_600_000;

const STS_MS = 5_000;
const OURS = /^AWS_(REGION|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|ENDPOINT_URL(_\w+)?)$/;
/** SST's name for the session. */
const SESSION = "sst-dev";

const AGAIN =
  "Allow your own AWS user sts:AssumeRole (SST's reason is in .sst/log/sst.log), then start `npx sst dev` again.";

export interface RoleCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

/**
 * The AWS variables that Leo's processes get: Region, keys and endpoints. Profiles, other sources of
 * credentials and the files in the home directory are shut out.
 */
export const awsEnvironment = (env: NodeJS.ProcessEnv): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => OURS.test(entry[0]) && !!entry[1]),
  ),
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: "true",
});

/** @throws StartError when these are no temporary keys, as a role's always are */
export const roleCredentials = (env: NodeJS.ProcessEnv): RoleCredentials => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY && AWS_SESSION_TOKEN) {
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      sessionToken: AWS_SESSION_TOKEN,
    };
  }
  const found = AWS_ACCESS_KEY_ID ? "only keys of your own" : "no credentials";
  throw new StartError(
    `SST could not assume the orchestrator's role: there are ${found}, and Leo works with the role's alone. ${AGAIN}`,
  );
};

/** Whether an identity is the stage's orchestrator role, assumed by SST. */
export const isDevRole = (arn: string, stage: string): boolean => {
  const [, role = "", session] = arn.split(":").slice(5).join(":").split("/");
  return session === SESSION && role.startsWith(`leo-saas-${stage}-OrchestratorTaskRole-`);
};

const REJECTED = /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|AccessDenied/;

/**
 * Asks AWS whose credentials these are.
 * @returns the account's number; undefined when AWS cannot be reached, which proves nothing against them
 * @throws StartError when they are not the role's, or AWS rejects them
 */
export const readAccount = async (
  credentials: RoleCredentials,
  { region, stage }: { region: string; stage: string },
): Promise<string | undefined> => {
  const sts = new STSClient({ region, credentials, maxAttempts: 1 });
  try {
    const { Account, Arn = "" } = await sts.send(new GetCallerIdentityCommand({}), {
      abortSignal: AbortSignal.timeout(STS_MS),
    });
    if (isDevRole(Arn, stage)) return Account;
    throw new StartError(
      `SST could not assume the orchestrator's role: these are the credentials of ${Arn}, and Leo works with the role's alone. ${AGAIN}`,
    );
  } catch (error) {
    if (error instanceof StartError) throw error;
    const { name } = error as Error;
    if (!REJECTED.test(name)) return undefined;
    throw new StartError(
      `AWS rejects the credentials of the orchestrator's role (${name}). Start \`npx sst dev\` again.`,
      { cause: error },
    );
  } finally {
    sts.destroy();
  }
};

const LOOK_MS = 30_000;

/**
 * Resolves when credentials issued now have expired by the clock on the wall. SST's own timer, which
 * renews them, stands still while the computer sleeps.
 */
export const expired = (signal: AbortSignal, lifetimeMs = CREDENTIALS_MS): Promise<void> => {
  const expiresAtMs = Date.now() + lifetimeMs;
  return new Promise((resolve) => {
    const timer = setInterval(
      () => {
        if (Date.now() >= expiresAtMs) resolve();
      },
      Math.min(LOOK_MS, lifetimeMs),
    );
    signal.addEventListener("abort", () => clearInterval(timer));
  });
};
