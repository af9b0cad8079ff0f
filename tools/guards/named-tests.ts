import { readFile } from "node:fs/promises";
import path from "node:path";

const SECURITY = path.resolve(import.meta.dirname, "../../SECURITY.md");

/** The tests that SECURITY.md names, in its order. */
export const namedTests = async (): Promise<string[]> =>
  [...(await readFile(SECURITY, "utf8")).matchAll(/^- `([^`]+\.test\.ts › [^`]+)`$/gm)].flatMap(
    ([, test]) => test ?? [],
  );
