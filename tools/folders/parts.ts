import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Part } from "./graph.ts";

const manifest = (folder: string) =>
  JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
    name: string;
    workspaces?: string[];
  };

/**
 * The parts of the project: the sources of each workspace, `infra`, and what `tools` has beside its workspaces.
 * @param root the project's folder
 */
export const partsOf = (root: string): Part[] => {
  const workspaces = globSync(manifest(root).workspaces ?? [], { cwd: root }).toSorted();
  const ofTools = workspaces.flatMap((folder) => (folder.startsWith("tools/") ? path.basename(folder) : []));
  return [
    ...workspaces.map((folder) => ({
      name: path.basename(folder),
      folder: `${folder}/src`,
      packageName: manifest(path.join(root, folder)).name,
    })),
    { name: "infra", folder: "infra" },
    { name: "tools", folder: "tools", without: ofTools },
  ];
};
