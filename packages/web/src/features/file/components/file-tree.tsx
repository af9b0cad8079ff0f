import { hotkeysCoreFeature, selectionFeature, syncDataLoaderFeature } from "@headless-tree/core";
import { useTree } from "@headless-tree/react";
import { clsx } from "clsx";
import { ChevronRight, File, FileCode, FileJson, FileText, type LucideIcon } from "lucide-react";
import { buildTree, foldersOf, ROOT, type TreeNode } from "../tree-data.ts";

export type FileMark = "created" | "modified";

interface FileTreeProps {
  paths: readonly string[];
  selected: string | undefined;
  onOpen: (path: string) => void;
  /** Files that differ from the version before. */
  marks: ReadonlyMap<string, FileMark>;
}

const ICONS: Record<string, LucideIcon> = {
  ts: FileCode,
  tsx: FileCode,
  js: FileCode,
  jsx: FileCode,
  css: FileCode,
  html: FileCode,
  json: FileJson,
  md: FileText,
  txt: FileText,
};

const iconOf = (name: string) => ICONS[name.slice(name.lastIndexOf(".") + 1)] ?? File;

const MARKS: Record<FileMark, { letter: string; word: string; className: string }> = {
  created: { letter: "A", word: "added in this version", className: "text-good" },
  modified: { letter: "M", word: "changed in this version", className: "text-accent" },
};

/** Its tree is made once: give it another `key` for other paths. */
export const FileTree = ({ paths, selected, onOpen, marks }: FileTreeProps) => {
  const nodes = buildTree(paths);
  const nodeOf = (path: string): TreeNode => nodes.get(path) ?? { name: path };
  const tree = useTree<TreeNode>({
    rootItemId: ROOT,
    getItemName: (item) => item.getItemData().name,
    isItemFolder: (item) => item.getItemData().children !== undefined,
    dataLoader: { getItem: nodeOf, getChildren: (path) => nodeOf(path).children ?? [] },
    initialState: {
      expandedItems: foldersOf(nodes),
      ...(selected === undefined ? {} : { selectedItems: [selected], focusedItem: selected }),
    },
    onPrimaryAction: (item) => {
      if (!item.isFolder()) onOpen(item.getId());
    },
    features: [syncDataLoaderFeature, selectionFeature, hotkeysCoreFeature],
  });
  return (
    <div {...tree.getContainerProps("Files")} className="py-1 text-[13px] outline-none">
      {tree.getItems().map((item) => {
        const path = item.getId();
        const folder = item.isFolder();
        const Icon = iconOf(item.getItemName());
        const mark = marks.get(path);
        return (
          <div
            {...item.getProps()}
            key={path}
            aria-label={mark ? `${item.getItemName()}, ${MARKS[mark].word}` : item.getItemName()}
            aria-selected={path === selected}
            className={clsx(
              "flex h-7 cursor-pointer items-center gap-1.5 rounded-md pr-2 -outline-offset-2 hover:bg-hover",
              path === selected ? "bg-hover font-medium text-ink" : "text-muted",
            )}
            style={{ paddingLeft: `${item.getItemMeta().level * 14 + 8}px` }}
          >
            {folder ? (
              <ChevronRight
                className={clsx(
                  "size-3.5 shrink-0 text-faint transition-transform",
                  item.isExpanded() && "rotate-90",
                )}
                aria-hidden="true"
              />
            ) : (
              <Icon className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
            )}
            <span className="truncate">{item.getItemName()}</span>
            {mark && (
              <span
                aria-hidden="true"
                title={MARKS[mark].word}
                className={clsx("ml-auto font-mono text-2xs", MARKS[mark].className)}
              >
                {MARKS[mark].letter}
              </span>
            )}
          </div>
        );
      })}
    </div>
  );
};
