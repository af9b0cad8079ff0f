/** The real Leo: what `npm start` runs, with data and a port of its own. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@leo/local/free-port.ts";
import { until } from "@leo/local/testing/until.ts";
import { stopProcess } from "./stop-process.ts";

const START = join(import.meta.dirname, "../../../../tools/local/src/start.ts");
const READY_MS = 150_000;

export interface Leo {
  url: string;
  /** Of both local users. */
  localPassword: string;
  stop: () => Promise<void>;
}

/**
 * @param env for instance `LEO_MOCK_PACE_MS`, by which the scripted model takes its time
 * @param host another name of this machine, under which people open it
 */
export const startLeo = async (env: Record<string, string> = {}, host = "localhost"): Promise<Leo> => {
  const dataDir = await mkdtemp(join(tmpdir(), "leo-web-test-"));
  const port = await freePort();
  const url = `http://${host}:${port}`;
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", START], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, HOME, LEO_DATA_DIR: dataDir, PORT: String(port), LEO_PUBLIC_URL: url, ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const stop = async () => {
    await stopProcess(child);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await until(
      "Leo's URL",
      () => {
        if (child.exitCode !== null) throw new Error(`Leo ended:\n${output}`);
        return output.includes("Leo is ready");
      },
      READY_MS,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, localPassword: await readFile(join(dataDir, "local.password"), "utf8"), stop };
};
