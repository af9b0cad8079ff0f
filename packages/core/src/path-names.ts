/**
 * A path as a file system sees it that tells neither case nor Unicode form apart, as on a Mac and on Windows.
 * Lower case first: a capital ẞ becomes SS by way of ß only.
 */
const folded = (path: string): string => path.normalize("NFD").toLowerCase().toUpperCase().normalize("NFD");

/** Paths of files that can lie side by side in any file system, so that no checkout or ZIP loses one of them. */
export class PathNames {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();

  /** @returns false, and takes nothing, when a file that was added would be in its place or is one of its folders */
  add(path: string): boolean {
    const file = folded(path);
    if (this.#files.has(file) || this.#folders.has(file)) return false;
    const folders: string[] = [];
    for (let end = file.lastIndexOf("/"); end > 0; end = file.lastIndexOf("/", end - 1)) {
      const folder = file.slice(0, end);
      // With a folder come all those above it.
      if (this.#folders.has(folder)) break;
      if (this.#files.has(folder)) return false;
      folders.push(folder);
    }
    for (const folder of folders) this.#folders.add(folder);
    this.#files.add(file);
    return true;
  }
}
