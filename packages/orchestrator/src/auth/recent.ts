import { createHash } from "node:crypto";

/** Remembers the newest texts it was given. It keeps only hashes, since they may be secrets. */
export interface Recent {
  add(text: string): void;
  has(text: string): boolean;
}

export const createRecent = (max: number): Recent => {
  /** The oldest first. */
  const hashes = new Set<string>();
  const hashOf = (text: string) => createHash("sha256").update(text).digest("base64url");
  return {
    add: (text) => {
      const hash = hashOf(text);
      hashes.delete(hash);
      const [oldest] = hashes;
      if (oldest !== undefined && hashes.size >= max) hashes.delete(oldest);
      hashes.add(hash);
    },
    has: (text) => hashes.has(hashOf(text)),
  };
};
