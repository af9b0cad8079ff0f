import { StartError } from "../start-error.ts";

const DAMAGED =
  /not a valid data directory|invalid data in file|valid checkpoint record|incompatible with (this )?(server|version)|invalid page|could not (open|read|access|find) file|missing or invalid|invalid primary checkpoint|control file/i;

/** What PostgreSQL said when it would not start, as one sentence about `dataDir`. */
export const explainPostgres = (output: string, dataDir: string): StartError => {
  const lines = output.split("\n").filter(Boolean);
  const cause =
    lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? "it said nothing";
  const detail = cause.replace(/^.*?(FATAL|PANIC|error):\s*/, "");
  if (/spawn setpriv ENOENT|setpriv: .*capabilit/i.test(output)) {
    return new StartError(
      `PostgreSQL cannot run as root, and the user it runs as instead may not enter ${dataDir}. Put Leo in a directory that every user may enter, or start it as another user.`,
    );
  }
  if (/No space left on device|Disk quota exceeded|Check free disk space/i.test(output)) {
    return new StartError(`The disk is full: PostgreSQL cannot write to ${dataDir}. Free some space.`);
  }
  if (/Permission denied|Read-only file system|Operation not permitted/i.test(output)) {
    return new StartError(
      `PostgreSQL may not write to ${dataDir} (${detail}). Give this user the directory.`,
    );
  }
  if (DAMAGED.test(output)) {
    return new StartError(
      `The database in ${dataDir} is damaged (${detail}). "npm start -- --fresh" begins with an empty one.`,
    );
  }
  return new StartError(`PostgreSQL did not start in ${dataDir}: ${detail}`);
};
