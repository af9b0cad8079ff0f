import { checkpointKey, type Manifest } from "@leo/core/artifact.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Clock } from "../socket/clock.ts";
import type { CheckpointState } from "../workspace/checkpoint-format.ts";
import { packCheckpoint } from "./checkpoint.ts";
import type { ObjectStore } from "./store.ts";

export interface CheckpointsOptions {
  prefix: string;
  sandbox: Sandbox;
  store: ObjectStore;
  state: () => CheckpointState;
  /** Grows when the workspace changes. */
  workspaceVersion: () => Promise<number>;
}

export interface KeepOptions {
  clock: Clock;
  intervalMs: number;
  /** Checked before each save. */
  isWorthIt: () => boolean;
  /** Called when a save fails; the next one is tried anyway. */
  onFailed: (error: unknown) => void;
}

/** The checkpoints of one attempt, each a new object, numbered from 1. */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #number = 0;
  #savedVersion = -1;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** Stores the current state, one save at a time. @returns its entry in the manifest */
  save(): Promise<NonNullable<Manifest["checkpoint"]>> {
    const result = this.#saving.then(() => this.#save());
    this.#saving = result.catch(() => undefined);
    return result;
  }

  /** Stores the current state if it has changed since the last save. @returns whether it did */
  async saveIfChanged(): Promise<boolean> {
    const version = await this.#options.workspaceVersion();
    if (version === this.#savedVersion) return false;
    await this.save();
    return true;
  }

  /** Stores the state at an interval while it changes. @returns a function that stops this */
  keepRegularly({ clock, intervalMs, isWorthIt, onFailed }: KeepOptions): () => void {
    let stopped = false;
    let cancel = () => {};
    const save = async () => {
      try {
        if (isWorthIt()) await this.saveIfChanged();
      } catch (error) {
        onFailed(error);
      }
      if (!stopped) wait();
    };
    const wait = () => {
      cancel = clock.after(intervalMs, () => void save());
    };
    wait();
    return () => {
      stopped = true;
      cancel();
    };
  }

  async #save() {
    const { prefix, sandbox, store, state, workspaceVersion } = this.#options;
    const version = await workspaceVersion();
    const { content, sessionId } = await packCheckpoint(sandbox, state());
    this.#number += 1;
    const key = checkpointKey(prefix, this.#number);
    await store.create(key, content, "application/gzip");
    this.#savedVersion = version;
    return { key, sizeBytes: content.length, sessionId };
  }
}
