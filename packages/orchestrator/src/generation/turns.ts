/** Work that is done one piece at a time for each key, in the order in which it came. */
export class Turns {
  /** The newest work of each key that has any. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work once all earlier work with the same key has ended. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const earlier = this.#last.get(key) ?? Promise.resolve();
    const mine = earlier.then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
