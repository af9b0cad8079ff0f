/**
 * A process's first environment stays readable in `/proc/{pid}/environ` for every process of the
 * same user, whatever is deleted from it later, and the agent's tools are of the same user. So the
 * generator replaces itself by itself, with the private variables handed over in a file that is
 * gone before any agent starts.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const HANDED_OVER = "LEO_HANDED_OVER";
const PRIVATE = /^(?:AWS_(?!REGION$|ENDPOINT_URL)|ECS_|LEO_ATTEMPT_TOKEN$)/;

const takeOver = (path: string): void => {
  const handed = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
  rmSync(dirname(path), { recursive: true });
  delete process.env[HANDED_OVER];
  Object.assign(process.env, handed);
};

/**
 * Moves the attempt's token and the machine's credentials out of the environment that other
 * processes can read. `process.env` has them after. Only Linux shows environments this way.
 */
export const hideEnvironment = (): void => {
  const handedOver = process.env[HANDED_OVER];
  if (handedOver) return takeOver(handedOver);
  const entries = Object.entries(process.env);
  const hidden = entries.filter(([name]) => PRIVATE.test(name));
  if (process.platform !== "linux" || !process.execve || hidden.length === 0) return;
  const path = join(mkdtempSync(join(tmpdir(), "leo-env-")), "private.json");
  writeFileSync(path, JSON.stringify(Object.fromEntries(hidden)), { mode: 0o600 });
  const open = Object.fromEntries(entries.filter(([name]) => !PRIVATE.test(name)));
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...open,
    [HANDED_OVER]: path,
  });
};
