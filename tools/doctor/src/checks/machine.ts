import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import path from "node:path";
import { refuseTakenPort } from "../../../local/src/start/public-port.ts";
import { StartError } from "../../../local/src/start-error.ts";
import type { Check } from "../check.ts";
import { failure, type Finding, ok, warning } from "../finding.ts";
import { plainMessage } from "@leo/core/explain.ts";

const GIB = 1024 ** 3;
/** Room for a database, its log and a few apps; with less, PostgreSQL stops. */
const DISK_FAIL_GIB = 0.5;
const DISK_WARN_GIB = 2;

/** The nearest existing parent folder. */
const existing = async (folder: string): Promise<string> => {
  const found = await access(folder).then(
    () => true,
    () => false,
  );
  return found || path.dirname(folder) === folder ? folder : existing(path.dirname(folder));
};

const diskFinding = async (dataDir: string): Promise<Finding> => {
  const folder = await existing(dataDir);
  const isWritable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) return failure(`${folder} isn't writable`, "Set LEO_DATA_DIR to another folder.");
  const { bavail, bsize } = await statfs(folder);
  const freeGib = (bavail * bsize) / GIB;
  const sentence = `${freeGib.toFixed(1)} GiB free for ${dataDir}`;
  if (freeGib < DISK_FAIL_GIB)
    return failure(sentence, "Free up space, or set LEO_DATA_DIR to another disk.");
  if (freeGib < DISK_WARN_GIB)
    return warning(sentence, "Free up space, or set LEO_DATA_DIR to another disk.");
  return ok(sentence);
};

const portFinding = async (port: number): Promise<Finding> => {
  try {
    await refuseTakenPort(port);
    return ok(`port ${port} is free`);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const [what = plainMessage(error), ...rest] = error.message.split(/(?<=\.) /);
    return failure(what.replace(/\.$/, ""), rest.join(" "));
  }
};

/** Disk space for the local cloud's data, and the one fixed port. */
export const machineCheck: Check = {
  name: "machine",
  run: async ({ dataDir, port, isUp }) =>
    Promise.all([diskFinding(dataDir), ...(isUp ? [] : [portFinding(port)])]),
};
