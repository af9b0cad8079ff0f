/** The artifact bucket. The orchestrator reads, lists, deletes and signs; only generators write. */
export interface Storage {
  /** The object's bytes, or undefined when there is none. `range` is an HTTP Range header value. */
  read(key: string, range?: string): Promise<StoredObject | undefined>;
  /** The whole object as text, or undefined when there is none. */
  readText(key: string): Promise<string | undefined>;
  /** A GET URL that is valid for `expiresInSeconds`. */
  presignRead(key: string, expiresInSeconds: number): Promise<string>;
  /** Every key under a prefix. */
  list(prefix: string): AsyncIterable<string>;
  delete(keys: string[]): Promise<void>;
}

export interface StoredObject {
  body: ReadableStream<Uint8Array>;
  sizeBytes: number;
  /** Present for a part: the Content-Range of the answer. */
  contentRange?: string;
}
