import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findClientRoutes } from "@leo/core/preview/address.ts";
import { listFiles } from "../workspace/files.ts";

const PAGE = /\.html?$/i;
const SCRIPT = /\.(?:m?js|html?)$/i;

/** Whether a built app has client-side routes, by its pages and scripts. @param directory of the build's output */
export const readClientRoutes = async (directory: string): Promise<boolean> => {
  const { files } = await listFiles(directory, true);
  const paths = files.map(({ path }) => path);
  const pages = paths.filter((path) => PAGE.test(path));
  // Without scripts no app has routes: the pages alone already say whether it could have any.
  if (!findClientRoutes(pages, ["history.pushState"])) return false;
  for (const path of paths.filter((each) => SCRIPT.test(each))) {
    if (findClientRoutes(pages, [await readFile(join(directory, path), "utf8")])) return true;
  }
  return false;
};
