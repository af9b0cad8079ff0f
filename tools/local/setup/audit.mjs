// Asks the registry whether production dependencies have known vulnerabilities, and fails when they
// have. A registry that cannot be asked (no network, a mirror without that service) is told, and no failure.
import { spawnSync } from "node:child_process";
import { npmCommand } from "./run.mjs";
import { say } from "./say.mjs";

const TIMEOUT_MS = 60_000;

const { stdout, error } = spawnSync(...npmCommand(["audit", "--omit=dev", "--json"]), {
  encoding: "utf8",
  timeout: TIMEOUT_MS,
});

/** npm prints one JSON document in either case; nothing else is one when it did not get so far. */
const read = () => {
  try {
    return JSON.parse(stdout);
  } catch {
    return { message: error?.message ?? "npm printed no report" };
  }
};

const { vulnerabilities, message } = read();
if (vulnerabilities === undefined) {
  say(
    `production dependencies are NOT checked for known vulnerabilities, the registry cannot be asked: ${message}`,
  );
} else {
  const found = Object.values(vulnerabilities);
  for (const { name, severity, range, fixAvailable } of found)
    say(`${name} ${range}: ${severity}, ${fixAvailable ? "npm audit fix has a fix" : "no fix yet"}`);
  say(`${found.length} production dependencies have known vulnerabilities`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
