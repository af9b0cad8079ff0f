import { StopTaskCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { processTable } from "../src/processes/table.ts";
import { until } from "../src/testing/until.ts";
import { FOREVER, leo, logOf, script, withLeo } from "./ecs-helpers.ts";

/**
 * Prints the pids of a child in the same group, of one in a session of its own, and of a grandchild in a
 * session of its own whose parent is gone and whose environment is empty.
 */
const FAMILY = `
const { spawn } = require("node:child_process");
const node = process.execPath;
const sleep = ["-e", "setInterval(() => {}, 1000)"];
const pids = [process.pid, spawn(node, sleep).pid, spawn(node, sleep, { detached: true }).pid];
const middle = spawn(node, ["-e", \`
  const child = require("node:child_process").spawn(process.execPath, \${JSON.stringify(sleep)},
    { detached: true, stdio: "ignore", env: {} });
  child.unref();
  console.log(child.pid);
\`], { stdio: ["ignore", "pipe", "inherit"] });
middle.stdout.on("data", (text) => pids.push(Number(text)));
middle.on("close", () => console.log(JSON.stringify(pids)));
`;

const alive = async (pids: number[]): Promise<number[]> =>
  (await processTable()).map(({ pid }) => pid).filter((pid) => pids.includes(pid));

test.each([
  ["StopTask", FOREVER, "stop"],
  ["its own crash", "middle.on('close', () => process.kill(process.pid, 'SIGKILL'));", "crash"],
])("%s ends everything that a container started", async (_, ending, how) => {
  await withLeo(leo(script("leo", FAMILY + ending)), async ({ ecs, client, runTask, reaches }) => {
    const task = await runTask();
    const pids = await until("the family", async () => {
      const text = await logOf(ecs.logDir, task).catch(() => "");
      return text.includes("]") && (JSON.parse(text) as number[]);
    });
    expect(pids).toHaveLength(4);
    if (how === "stop") await client.send(new StopTaskCommand({ cluster: "leo-local", task: task.taskArn }));
    await reaches(task, "STOPPED");
    expect(await alive(pids)).toEqual([]);
  });
});
