import { existsSync } from "node:fs";
import path from "node:path";
import type { Check } from "../check.ts";
import { failure, ok } from "../finding.ts";
import { ROOT } from "../root.ts";

const NEEDED_MAJOR = 24;

/** @param version as in `process.versions.node` */
export const nodeCheck = (version: string = process.versions.node, root: string = ROOT): Check => ({
  name: "node",
  run: async () => {
    const [major = 0] = version.split(".").map(Number);
    const installed = existsSync(path.join(root, "node_modules/.package-lock.json"));
    return [
      major >= NEEDED_MAJOR
        ? ok(`Node ${version}`)
        : failure(
            `this is Node ${version}; Leo runs on Node ${NEEDED_MAJOR}`,
            "Run it through npm (`npm run doctor`), which uses the project's own Node.",
          ),
      installed ? ok("packages are installed") : failure("packages are not installed", "Run `npm ci`."),
    ];
  },
});
