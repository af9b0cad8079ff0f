import type { QueuePlace } from "./queue-position.ts";

/** What the API shows of the queue. */
export interface QueueView {
  /** The places of a user's queued generations, by generation id. */
  positions(ownerId: string): Promise<Map<string, QueuePlace>>;
}
