import { createHash } from "node:crypto";
import type { ReadEntry } from "tar";
import type { ArtifactFile } from "@leo/core/artifact.ts";
import type { ObjectStore } from "./store.ts";

/** Concurrent uploads, and the bytes they may hold in memory. */
const PARALLEL = 24;
const HELD_MAX_BYTES = 64 * 1024 * 1024;

/** Stores files as they arrive, many at a time, and makes the caller wait for room. */
export class Uploads {
  readonly #store: ObjectStore;
  readonly #running = new Set<Promise<void>>();
  #heldBytes = 0;
  #error: Error | undefined;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * Reads one file and starts storing it.
   * @param target `onStored` gets the file's entry in the manifest
   * @throws if an earlier one couldn't be stored
   */
  async add(
    entry: Pick<ReadEntry, "size" | "collect">,
    target: { key: string; path: string; onStored: (file: ArtifactFile, content: Buffer) => void },
  ): Promise<void> {
    await this.#untilRoom(entry.size);
    this.#heldBytes += entry.size;
    const content = Buffer.concat(await entry.collect());
    const storing = this.#create(content, target).finally(() => {
      this.#heldBytes -= entry.size;
      this.#running.delete(storing);
    });
    this.#running.add(storing);
  }

  /** Waits for all of them. @throws if one couldn't be stored */
  async done(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#error) throw this.#error;
  }

  async #untilRoom(sizeBytes: number): Promise<void> {
    while (
      this.#running.size >= PARALLEL ||
      (this.#running.size > 0 && this.#heldBytes + sizeBytes > HELD_MAX_BYTES)
    )
      await Promise.race(this.#running);
    if (this.#error) throw this.#error;
  }

  async #create(
    content: Buffer,
    {
      key,
      path,
      onStored,
    }: { key: string; path: string; onStored: (file: ArtifactFile, content: Buffer) => void },
  ): Promise<void> {
    try {
      await this.#store.create(key, content);
      onStored(
        { path, sizeBytes: content.length, sha256: createHash("sha256").update(content).digest("hex") },
        content,
      );
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
    }
  }
}
