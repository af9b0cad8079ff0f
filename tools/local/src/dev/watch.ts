/** Follows edits of the sources: checks them, and says which parts of Leo they concern. */
import path from "node:path";
import { watch } from "chokidar";
import { ROOT } from "../start/settings.ts";
import { inCheckout, syntaxFault } from "./code-fault.ts";

/** An editor that saves several files, or one in several steps, has done so after this. */
const QUIET_MS = 60;
const IGNORED = /(?:^|\/)(?:node_modules|dist)(?:\/|$)/;
const CODE = /\.(?:ts|tsx|js|mjs)$/;

export type Part = "orchestrator" | "generator" | "web";

const PARTS: Record<string, Part[]> = {
  "packages/core/src": ["orchestrator", "generator", "web"],
  "packages/orchestrator/src": ["orchestrator"],
  "packages/generator/src": ["generator"],
  "packages/web/src": ["web"],
};

export interface Edit {
  /** From the top of the checkout. */
  files: string[];
  /** `performance.now()` of the first change. */
  seenAtMs: number;
}

export interface WatchOptions {
  /** Gets the edit of a part that has no syntax error now. */
  onEdit: Record<Part, (edit: Edit) => void>;
  say: (sentence: string) => void;
}

const partsOf = (file: string): Part[] =>
  Object.entries(PARTS).find(([folder]) => inCheckout(file).startsWith(`${folder}/`))?.[1] ?? [];

/** Resolves when every change from now on is seen. @returns ends it */
export const watchSources = async ({ onEdit, say }: WatchOptions): Promise<() => Promise<void>> => {
  const broken = new Map<string, string>();
  let changed = new Set<string>();
  let seenAtMs = 0;
  let timer: NodeJS.Timeout | undefined;

  const check = async (file: string) => {
    const fault = CODE.test(file) ? await syntaxFault(file) : undefined;
    if (!fault) {
      broken.delete(file);
      return;
    }
    broken.set(file, fault);
    say(`${fault} (what ran before goes on)`);
  };

  const handle = async () => {
    const [files, edit] = [[...changed], { seenAtMs }];
    changed = new Set();
    await Promise.all(files.map(check));
    const isBroken = (part: Part) => [...broken.keys()].some((file) => partsOf(file).includes(part));
    for (const part of ["orchestrator", "generator", "web"] as const) {
      const concerned = files.filter((file) => partsOf(file).includes(part));
      if (concerned.length === 0 || isBroken(part)) continue;
      onEdit[part]({ ...edit, files: concerned.map(inCheckout) });
    }
  };

  const note = (file: string) => {
    if (changed.size === 0) seenAtMs = performance.now();
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => void handle(), QUIET_MS);
  };

  const watcher = watch(
    Object.keys(PARTS).map((folder) => path.join(ROOT, folder)),
    { ignoreInitial: true, ignored: (file) => IGNORED.test(inCheckout(file)) },
  );
  for (const event of ["add", "change", "unlink"] as const) watcher.on(event, note);
  await new Promise((resolve, reject) => watcher.once("ready", resolve as () => void).once("error", reject));
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
};
