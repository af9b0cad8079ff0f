/** Images and registries: whether the tasks could pull, and whether a build could begin. */
import type { Environment } from "../environment/env-files.ts";
import type { Findings } from "./examine.ts";
import type { ImageState } from "./facts.ts";

/** Node's fetch does not use a proxy; what it cannot reach then, Docker and AWS may. */
const usesProxy = (env: Environment) =>
  ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => env[name]);

const unreachable = (what: string, advice: string, env: Environment): Partial<Findings> =>
  usesProxy(env)
    ? { warnings: [`${what}; it was tried without the proxy.`] }
    : { problems: [`${what}: ${advice}.`] };

interface Wanted {
  setting: string;
  reference: string;
  /** Such as linux/arm64. */
  platform: string;
  env: Environment;
}

/** Why tasks could not run an image that was made elsewhere. */
export const imageProblems = (
  { setting, reference, platform, env }: Wanted,
  found: ImageState,
): Partial<Findings> => {
  const image = `${reference} (${setting})`;
  if (found.state === "missing") {
    return { problems: [`There is no image ${image}: push it, or correct ${setting}.`] };
  }
  if (found.state === "private") {
    return {
      problems: [
        `The image ${image} does not exist or is private, so no task could pull it: make it public, correct ${setting}, or push it to ECR.`,
      ],
    };
  }
  if (found.state === "unreachable") {
    const what = `The registry ${found.registry} of ${setting} can't be reached: ${found.reason}`;
    return unreachable(what, `correct ${setting}, or check the network`, env);
  }
  if (!found.platforms || found.platforms.includes(platform)) return {};
  return {
    problems: [
      `The image ${image} is for ${found.platforms.join(", ")} and not for ${platform}: build it with \`--platform ${platform}\`, or change LEO_ARCHITECTURE.`,
    ],
  };
};

/** @param reason why Docker Hub can't be reached, if it cannot */
export const baseRegistryProblems = (reason: string | undefined, env: Environment): Partial<Findings> => {
  if (reason === undefined) return {};
  const what = `Docker Hub, which has the base images, can't be reached: ${reason}`;
  return unreachable(
    what,
    "check the network, or set LEO_ORCHESTRATOR_IMAGE and LEO_GENERATOR_IMAGE to images made elsewhere",
    env,
  );
};
