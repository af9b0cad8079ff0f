/** Lets one set-up of this checkout run at a time: `npm start` and `npm test` may begin together. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "./run.mjs";
import { say } from "./say.mjs";

const directory = path.join(
  tmpdir(),
  `leo-setup-${createHash("sha256").update(ROOT).digest("hex").slice(0, 8)}`,
);
const owner = path.join(directory, "pid");

const isAlive = (/** @type {number} */ pid) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
};

const take = () => {
  try {
    mkdirSync(directory);
    writeFileSync(owner, String(process.pid));
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    return false;
  }
};

const holder = () => {
  try {
    return Number(readFileSync(owner, "utf8"));
  } catch {
    return undefined;
  }
};

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const withSetupLock = async (work) => {
  let waiting = false;
  let ownerless = 0;
  while (!take()) {
    const pid = holder();
    // Between taking and naming itself the owner has no pid for a moment.
    ownerless = pid === undefined ? ownerless + 1 : 0;
    if (ownerless > 20 || (pid !== undefined && !isAlive(pid)))
      rmSync(directory, { recursive: true, force: true });
    if (!waiting && pid !== undefined && isAlive(pid)) say(`waiting for the set-up of process ${pid} …`);
    waiting ||= pid !== undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    return await work();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
