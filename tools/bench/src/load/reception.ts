import { nowMs } from "../harness/clock.ts";

/** What one browser receives: it counts, keeps the times, and notices what is lost, doubled or out of order. */
export class Reception {
  readonly #anyOrder: boolean;
  #lastNumber: number;
  #first: number;
  #count = 0;
  #times = new Float64Array();
  #complete = Promise.withResolvers<Float64Array>();

  /**
   * @param lastNumber of the event before the first that is to come
   * @param options `anyOrder`: of a server that does not keep the order
   */
  constructor(lastNumber: number, { anyOrder = false } = {}) {
    this.#lastNumber = lastNumber;
    this.#first = lastNumber + 1;
    this.#anyOrder = anyOrder;
  }

  /** From now on the times of the next `events` events are kept. */
  expect(events: number): void {
    this.#first += this.#count;
    this.#count = 0;
    this.#times = new Float64Array(events);
    this.#complete = Promise.withResolvers();
    // Whoever asks for the times gets the fault.
    this.#complete.promise.catch(() => undefined);
  }

  /**
   * One event, by its number.
   * @param isCounted false for one that no generator made: it only has to be in its place
   */
  take(number: number, isCounted = true): void {
    const index = this.#anyOrder ? number - this.#first : this.#count;
    const isNext = this.#anyOrder ? this.#times[index] === 0 : number === this.#lastNumber + 1;
    if (!isNext) this.#complete.reject(new Error(`event ${number} came after ${this.#lastNumber}`));
    this.#lastNumber = number;
    if (!isCounted) return;
    this.#times[index] = nowMs();
    this.#count += 1;
    if (this.#count === this.#times.length) this.#complete.resolve(this.#times);
  }

  /** Resolves with the time of each expected event, in order of the numbers, once all have come. */
  received(): Promise<Float64Array> {
    return this.#complete.promise;
  }
}
