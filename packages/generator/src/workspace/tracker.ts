import type { GeneratorFact } from "@leo/core/event.ts";
import { listFiles, type WorkspaceFile } from "./files.ts";

type FileChanged = Extract<GeneratorFact, { type: "file_changed" }>;

/** A burst of changes, such as a package manager's, is reported only in part. */
const CHANGES_MAX = 200;

const differs = (before: WorkspaceFile, now: WorkspaceFile) =>
  before.sizeBytes !== now.sizeBytes || before.modifiedMs !== now.modifiedMs;

/** Finds the files of a workspace that have changed since the last call, whoever changed them. */
export class FileTracker {
  readonly #workspace: string;
  #known = new Map<string, WorkspaceFile>();
  #turn: Promise<unknown> = Promise.resolve();
  #version = 0;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** The changes since the last call, at most 200. The first call only records all files. */
  changes(): Promise<FileChanged[]> {
    const result = this.#turn.then(() => this.#compare());
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #compare(): Promise<FileChanged[]> {
    const before = this.#known;
    const first = this.#version === 0;
    const { files } = await listFiles(this.#workspace);
    const now = new Map(files.map((file) => [file.path, file]));
    const changed = files.flatMap((file): FileChanged[] => {
      const known = before.get(file.path);
      if (known && !differs(known, file)) return [];
      const change = known ? "modified" : "created";
      return [{ type: "file_changed", path: file.path, change, sizeBytes: file.sizeBytes }];
    });
    const deleted = [...before.keys()]
      .filter((path) => !now.has(path))
      .map((path): FileChanged => ({ type: "file_changed", path, change: "deleted" }));
    this.#known = now;
    const all = [...changed, ...deleted];
    if (first || all.length > 0) this.#version += 1;
    return first ? [] : all.slice(0, CHANGES_MAX);
  }
}
