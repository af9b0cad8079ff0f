/** Whether this machine can build the images: Docker, and a builder for the stage's architecture. */
import { execFile } from "node:child_process";
import type { Environment } from "../environment/env-files.ts";
import type { Problem } from "./problems.ts";
import type { Stage } from "../../infra/stage.ts";

/** Docker may be slow to answer on a busy machine; a daemon that hangs must not hold the deploy. */
const DOCKER_MS = 10_000;

export interface Builder {
  name: string;
  /** Such as `docker`, `docker-container` or `remote`. */
  driver: string;
  /** Such as `linux/arm64`; empty when the builder has not been started. */
  platforms: string[];
}

export type BuilderState =
  | { state: "ready"; builder: Builder }
  | { state: "no docker" }
  | { state: "no daemon" }
  /** `docker buildx inspect` failed: there is no such builder, or no buildx. */
  | { state: "no builder"; name?: string };

type Output = { ok: true; text: string } | { ok: false; isMissing: boolean };

const docker = (args: string[], env: Environment): Promise<Output> =>
  new Promise((resolve) => {
    const options = { env, timeout: DOCKER_MS, killSignal: "SIGKILL" as const };
    execFile("docker", args, options, (error, stdout) => {
      if (!error) return resolve({ ok: true, text: stdout });
      return resolve({ ok: false, isMissing: error.code === "ENOENT" });
    });
  });

const field = (text: string, name: string) =>
  new RegExp(`^\\s*${name}:\\s*(.*?)\\s*$`, "gm").exec(text)?.[1] ?? "";

/** Reads what `docker buildx inspect` prints. A star marks platforms that were set by hand. */
export const parseBuilder = (text: string): Builder => ({
  name: field(text, "Name"),
  driver: field(text, "Driver"),
  platforms: [...text.matchAll(/^\s*Platforms:(.*)$/gm)].flatMap(([, list = ""]) =>
    list
      .split(",")
      .map((platform) => platform.trim().replace(/\*$/, ""))
      .filter(Boolean),
  ),
});

/** These builders run in the daemon; others are elsewhere. */
const NEED_DAEMON = new Set(["docker", "docker-container"]);

/** @param env its BUILDX_BUILDER names the builder; otherwise it is the current one */
export const readBuilder = async (env: Environment): Promise<BuilderState> => {
  const name = env.BUILDX_BUILDER || undefined;
  const [info, inspected] = await Promise.all([
    docker(["info"], env),
    docker(["buildx", "inspect", ...(name ? [name] : [])], env),
  ]);
  if (!info.ok && info.isMissing) return { state: "no docker" };
  const builder = inspected.ok ? parseBuilder(inspected.text) : undefined;
  if (!info.ok && (!builder || NEED_DAEMON.has(builder.driver))) return { state: "no daemon" };
  return builder ? { state: "ready", builder } : { state: "no builder", ...(name && { name }) };
};

export const platformOf = ({ architecture }: Pick<Stage, "architecture">) =>
  architecture === "arm64" ? "linux/arm64" : "linux/amd64";

const ELSEWHERE = "set LEO_ORCHESTRATOR_IMAGE and LEO_GENERATOR_IMAGE to images made elsewhere";

/** Why the images cannot be built here, if they cannot. */
export const builderProblem = (
  stage: Pick<Stage, "architecture">,
  found: BuilderState,
): Problem | undefined => {
  const images = "so the images cannot be built";
  if (found.state === "no docker")
    return { what: `Docker is not installed, ${images}`, advice: `install it, or ${ELSEWHERE}` };
  if (found.state === "no daemon")
    return { what: `Docker does not answer, ${images}`, advice: `start it, or ${ELSEWHERE}` };
  if (found.state === "no builder") {
    return found.name
      ? {
          what: `BUILDX_BUILDER is ${found.name}, but Docker has no such builder`,
          advice: "choose one that `docker buildx ls` lists",
        }
      : { what: `Docker has no buildx, ${images}`, advice: `install the buildx plugin, or ${ELSEWHERE}` };
  }
  const platform = platformOf(stage);
  const { name, platforms } = found.builder;
  if (platforms.length === 0 || platforms.includes(platform)) return undefined;
  const arch = platform.replace("linux/", "");
  const other = stage.architecture === "arm64" ? "x86_64" : "arm64";
  return {
    what: `The builder ${name} cannot build for ${platform} (it can for ${platforms.join(", ")})`,
    advice: `install emulation with \`docker run --privileged --rm tonistiigi/binfmt --install ${arch}\`, name another builder in BUILDX_BUILDER, set LEO_ARCHITECTURE=${other}, or ${ELSEWHERE}`,
  };
};

/** A builder that was never started does not say what it can build for. */
export const builderWarning = (found: BuilderState): string | undefined => {
  if (found.state !== "ready" || found.builder.platforms.length > 0) return undefined;
  const { name } = found.builder;
  return `The builder ${name} has not been started, so it is not known what it can build for; \`docker buildx inspect --bootstrap ${name}\` starts it.`;
};
