/** moto's server on loopback. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@leo/local/free-port.ts";

const START_MS = 60_000;
const POLL_MS = 100;

/** As many looks at a task as no test takes: its state changes only when it is asked to. */
const NEVER = { progression: "manual", times: 1_000_000 };

export interface Moto {
  endpoint: string;
  stop: () => Promise<void>;
}

const answers = (url: string) =>
  fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return true;
    },
    () => false,
  );

/**
 * @param bin folder with moto's programs
 * @param account the number of the account that it plays
 * @throws Error with what it printed when it does not start
 */
export const startMoto = async (bin: string, account: string): Promise<Moto> => {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(path.join(bin, "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, MOTO_ACCOUNT_ID: account },
  });
  let printed = "";
  server.stderr.setEncoding("utf8").on("data", (text: string) => (printed = (printed + text).slice(-4_000)));
  const exited = once(server, "exit");
  const stop = async () => {
    server.kill();
    await exited;
  };
  const until = Date.now() + START_MS;
  while (!(await answers(`${endpoint}/moto-api/`))) {
    if (server.exitCode === null && Date.now() < until) {
      await sleep(POLL_MS);
      continue;
    }
    await stop();
    throw new Error(`moto did not start:\n${printed}`);
  }
  await fetch(`${endpoint}/moto-api/state-manager/set-transition`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model_name: "ecs::task", transition: NEVER }),
  });
  return { endpoint, stop };
};
