/** The preflight of `sst deploy`, before SST has started anything. */
import { awsReader } from "../preflight/aws-reader.ts";
import { examineStage, type Findings } from "../preflight/examine.ts";
import { readStage } from "../../infra/stage.ts";
import { readSstSecrets } from "../doctor/src/sst-secrets.ts";

const SECRETS_MS = 60_000;

/**
 * Checks the stage as the deploy will.
 * @throws ConfigError for wrong settings
 */
export const preflightStage = async (name: string): Promise<Findings> => {
  const stage = readStage(name);
  const { secrets, secretsProblem } = await readSstSecrets(name, {
    env: process.env,
    timeoutMs: SECRETS_MS,
    command: process.env.LEO_SST_COMMAND,
  });
  const subject = { stage, env: process.env, reader: awsReader(stage, process.env) };
  // They're usually unreadable because of one of the other problems, such as missing credentials.
  const { problems, warnings } = await examineStage(secretsProblem ? subject : { ...subject, secrets });
  if (!secretsProblem) return { problems, warnings };
  return { problems: [...problems, `The stage's secrets: ${secretsProblem.message}.`], warnings };
};
