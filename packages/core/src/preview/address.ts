/**
 * Resolves an app's addresses, in its preview and in the smoke test before it.
 *
 * - A file is itself, a folder is its `index.html`, and `/about` is `about.html` where there is no such folder. A
 *   folder without its slash is redirected to it, because a page's relative addresses depend on it.
 * - Scripts and styles name their files relative to the page. A page shown deeper in the app than it was built
 *   requests `assets/` below itself, and gets it from the root.
 * - An address that does not exist is a 404, with the app's own `404.html` if it has one. The exception is an app with
 *   client-side routes (`hasClientRoutes`): its pages exist only in its script, so navigating to any address
 *   that isn't a file gets `index.html`.
 */

const INDEX = "index.html";
export const NOT_FOUND_PAGE = "404.html";

const assetsOf = (path: string): string[] => {
  const at = path.lastIndexOf("/assets/");
  return at === -1 ? [] : [path.slice(at + 1)];
};

/** Every file of an app that may answer an address. @param path decoded, without the leading slash */
export const candidatesOf = (path: string): string[] => {
  if (path === "" || path.endsWith("/")) return [`${path}${INDEX}`, NOT_FOUND_PAGE, INDEX];
  return [path, `${path}/${INDEX}`, `${path}.html`, ...assetsOf(path), NOT_FOUND_PAGE, INDEX];
};

export type Served =
  | { kind: "file"; path: string; status: 200 | 404 }
  /** To the same address with a trailing slash. */
  | { kind: "folder" }
  | { kind: "nothing" };

export interface AddressOptions {
  /** The browser is navigating to a page, not loading a part of one. */
  isNavigation: boolean;
  hasClientRoutes: boolean;
  /** Whether the app has a file; called only for those of `candidatesOf`. */
  has: (path: string) => boolean;
}

/** @param path decoded, without the leading slash */
export const serve = (path: string, { isNavigation, hasClientRoutes, has }: AddressOptions): Served => {
  const isFolder = path === "" || path.endsWith("/");
  const exact = isFolder ? `${path}${INDEX}` : path;
  if (has(exact)) return { kind: "file", path: exact, status: 200 };
  if (!isFolder && has(`${path}/${INDEX}`)) return { kind: "folder" };
  const others = isFolder ? [] : [`${path}.html`, ...assetsOf(path)];
  const other = others.find(has);
  if (other !== undefined) return { kind: "file", path: other, status: 200 };
  const isRoute = !(path.split("/").at(-1) ?? "").includes(".");
  if (isNavigation && hasClientRoutes && isRoute && has(INDEX))
    return { kind: "file", path: INDEX, status: 200 };
  if (isNavigation && has(NOT_FOUND_PAGE)) return { kind: "file", path: NOT_FOUND_PAGE, status: 404 };
  return { kind: "nothing" };
};

/** Calls that change the address without loading a page, as a client-side router does. */
const ROUTING = /\bpushState\b|\bnavigation\.(?:navigate|addEventListener)\b/;

/**
 * Whether an app has client-side routes: it has one page, and one of its scripts changes the address.
 * Routes after a `#` need nothing from the server and don't count.
 * @param pages paths of the app's HTML files
 * @param scripts contents of its scripts
 */
export const findClientRoutes = (pages: readonly string[], scripts: readonly string[]): boolean =>
  pages.every((path) => path === INDEX || path === NOT_FOUND_PAGE) &&
  scripts.some((script) => ROUTING.test(script));
