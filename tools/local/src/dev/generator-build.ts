/** Builds the programs of a generator's task, which the next run starts. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { rolldown, type OutputAsset, type OutputChunk, type RolldownOptions } from "rolldown";
import programs from "../../../../packages/generator/rolldown.config.ts";
import { ROOT } from "../start/settings.ts";

const PACKAGE = path.join(ROOT, "packages/generator");
const DIST = path.join(PACKAGE, "dist");

type Built = OutputAsset | OutputChunk;

/** A run may start at any moment: it finds a whole file or the one from before, never a part. */
const put = async (file: Built): Promise<void> => {
  const target = path.join(DIST, file.fileName);
  const unfinished = `${target}.${process.pid}.new`;
  await writeFile(unfinished, file.type === "chunk" ? file.code : file.source);
  await rename(unfinished, target);
};

const isEntry = (file: Built): boolean => file.type === "chunk" && file.isEntry;

const bundle = async ({ output, ...input }: RolldownOptions): Promise<Built[]> => {
  const bundled = await rolldown({ ...input, cwd: PACKAGE, logLevel: "silent" });
  try {
    return (await bundled.generate([output ?? []].flat()[0])).output;
  } finally {
    await bundled.close();
  }
};

/** @throws what the bundler says, with file and line; nothing has changed then */
export const buildGenerator = async (): Promise<void> => {
  const files = (await Promise.all([programs].flat().map(bundle))).flat();
  await mkdir(DIST, { recursive: true });
  // A program is put there last: what it loads is there before it.
  await Promise.all(files.filter((file) => !isEntry(file)).map(put));
  await Promise.all(files.filter(isEntry).map(put));
};
