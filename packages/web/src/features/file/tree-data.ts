/** The tree that a flat list of paths stands for. Ids are paths; the root is the empty path. */
export interface TreeNode {
  name: string;
  /** Absent for a file. */
  children?: string[];
}

export const ROOT = "";

const parentOf = (path: string) => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ROOT);
const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Folders come before files, each in order of name. */
const inOrder = (nodes: Map<string, TreeNode>) => (one: string, other: string) => {
  const folderFirst =
    Number(nodes.get(other)?.children !== undefined) - Number(nodes.get(one)?.children !== undefined);
  return folderFirst || nameOf(one).localeCompare(nameOf(other));
};

export const buildTree = (paths: readonly string[]): Map<string, TreeNode> => {
  const nodes = new Map<string, TreeNode>([[ROOT, { name: "", children: [] }]]);
  const add = (path: string, node: TreeNode) => {
    if (nodes.has(path)) return;
    nodes.set(path, node);
    const parent = parentOf(path);
    add(parent, { name: nameOf(parent), children: [] });
    nodes.get(parent)?.children?.push(path);
  };
  for (const path of paths) add(path, { name: nameOf(path) });
  for (const node of nodes.values()) node.children?.sort(inOrder(nodes));
  return nodes;
};

/** All folders, for a tree that is open to begin with. */
export const foldersOf = (nodes: ReadonlyMap<string, TreeNode>) =>
  [...nodes].filter(([, node]) => node.children !== undefined).map(([path]) => path);
