import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { OPTIONAL_SECRET_NAMES, SECRET_NAMES } from "../../../infra/secret-list.ts";
import { failure } from "./finding.ts";
import { ROOT } from "./root.ts";
import type { SecretValues, Target } from "./target.ts";

/** What `sst secret list` prints: `# app/stage`, then `Name=value` lines. */
export const parseSecrets = (text: string): SecretValues => {
  const pairs = text.split("\n").map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)] as const;
  });
  return Object.fromEntries(
    [...SECRET_NAMES, ...OPTIONAL_SECRET_NAMES].flatMap((name) => {
      const found = pairs.find(([key]) => key === name);
      return found ? [[name, found[1]]] : [];
    }),
  );
};

interface SstOptions {
  env: NodeJS.ProcessEnv;
  timeoutMs: number;
  /** The program; the project's `sst` except in tests. */
  command?: string;
}

/** The secrets as `sst secret set` stored them, which is what the next deploy uses. */
export const readSstSecrets = async (
  stage: string,
  { env, timeoutMs, command = path.join(ROOT, "node_modules/.bin/sst") }: SstOptions,
): Promise<Pick<Target, "secrets" | "secretsProblem">> => {
  try {
    const { stdout } = await promisify(execFile)(command, ["secret", "list", "--stage", stage], {
      cwd: ROOT,
      env: { ...env, SST_TELEMETRY_DISABLED: "1", NO_COLOR: "1" },
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    return { secrets: parseSecrets(stdout) };
  } catch (error) {
    const {
      killed,
      stderr = "",
      stdout = "",
    } = error as { killed?: boolean; stderr?: string; stdout?: string };
    if (/No secrets found/.test(stderr + stdout)) return { secrets: {} };
    const reason = killed
      ? `no answer within ${timeoutMs / 1_000} s`
      : (stderr.trim().split("\n")[0] ?? "").replace(/^\W+/, "");
    return {
      secrets: {},
      secretsProblem: failure(
        `they can't be read: ${reason}`,
        `Run \`npx sst secret list --stage ${stage}\` to see why.`,
      ),
    };
  }
};
