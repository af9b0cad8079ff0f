/** Refuses what would fail half-way through a deploy before anything is created. */
import { execFileSync } from "node:child_process";
import { deployProblems, deployWarnings, devProblems, FARGATE_VCPU_QUOTA } from "./preflight-problems.ts";
import { readStage, type Stage } from "./stage.ts";

/** SST prints the message of an error of this name, and the stack of any other. */
class VisibleError extends Error {
  override name = "VisibleError";
}

const dockerAnswers = () => {
  try {
    execFileSync("docker", ["info"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
};

const readVcpuQuota = async () => {
  try {
    const { value } = await aws.servicequotas.getServiceQuota(FARGATE_VCPU_QUOTA);
    return value;
  } catch (error) {
    throw new VisibleError(`The account's Fargate quota cannot be read: ${(error as Error).message}`);
  }
};

const readVisibly = (): Stage => {
  try {
    return readStage($app.stage);
  } catch (error) {
    throw new VisibleError((error as Error).message);
  }
};

const findProblems = async (stage: Stage): Promise<string[]> => {
  if ($dev) return devProblems(stage, process.env);
  return deployProblems(stage, {
    env: process.env,
    vcpuQuota: await readVcpuQuota(),
    dockerAnswers: dockerAnswers(),
  });
};

/** @throws VisibleError with every problem, one sentence each, before any resource is registered */
export const preflight = async () => {
  const stage = readVisibly();
  const problems = await findProblems(stage);
  if (problems.length > 0) throw new VisibleError(problems.join("\n"));
  if (!$dev) for (const warning of deployWarnings(stage)) console.warn(`Warning: ${warning}`);
};
