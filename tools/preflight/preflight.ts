/** Stops a deploy that would fail half-way, before anything is created. */
import { envConflicts } from "../environment/env-files.ts";
import { awsReader } from "./aws-reader.ts";
import { examineStage } from "./examine.ts";
import { shellEnvironment } from "../environment/shell-environment.ts";
import { ALL_SECRETS, type AnySecretName } from "../../infra/secret-list.ts";
import { readStage, type Stage } from "../../infra/stage.ts";

/** SST prints the message of an error of this name, and the stack of any other. */
class VisibleError extends Error {
  override name = "VisibleError";
}

const readVisibly = (): Stage => {
  try {
    return readStage($app.stage);
  } catch (error) {
    throw new VisibleError((error as Error).message);
  }
};

/** SST hands secrets over in the environment. */
const handedSecrets = () =>
  Object.fromEntries(
    (Object.keys(ALL_SECRETS) as AnySecretName[]).map((name) => [name, process.env[`SST_SECRET_${name}`]]),
  );

/** @throws VisibleError with every problem, one sentence each, before any resource is registered */
export const preflight = async () => {
  const stage = readVisibly();
  const { problems, warnings } = await examineStage({
    stage,
    env: process.env,
    isDev: $dev,
    secrets: handedSecrets(),
    reader: awsReader(stage, process.env),
  });
  const conflicts = envConflicts(stage.name, shellEnvironment() ?? process.env);
  for (const warning of [...conflicts, ...warnings]) console.warn(`Warning: ${warning}`);
  if (problems.length > 0) throw new VisibleError(problems.join("\n"));
};
