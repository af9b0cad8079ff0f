import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import path from "node:path";

const MAX_BUFFER_BYTES = 256 * 1024 ** 2;

/**
 * A checkout's image tag: the commit, plus a hash of any uncommitted changes. So an image never loses its tag,
 * and its place among the kept ones, to another image.
 * @param root folder of the checkout
 */
export const sourceTag = (root: string): string => {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: MAX_BUFFER_BYTES });
  const commit = git("rev-parse", "--short=12", "HEAD").trim();
  const changes = git("diff", "--binary", "HEAD");
  const added = git("ls-files", "--others", "--exclude-standard", "-z").split("\0").filter(Boolean);
  if (changes === "" && added.length === 0) return commit;
  const hash = createHash("sha256").update(changes);
  for (const name of added) {
    const file = path.join(root, name);
    hash.update(`\0${name}\0`);
    // A nested repository is listed as a folder.
    if (lstatSync(file).isFile()) hash.update(readFileSync(file));
  }
  return `${commit}-${hash.digest("hex").slice(0, 8)}`;
};
