/** The artifact bucket. Generators write; the orchestrator reads, lists, deletes, signs, and copies versions. */
export interface Storage {
  /** The object's bytes, or undefined when there is none. `range` is an HTTP Range header value. */
  read(key: string, range?: string): Promise<StoredObject | undefined>;
  /** The whole object as text, or undefined when there is none. */
  readText(key: string): Promise<string | undefined>;
  /** A GET URL that is valid for `expiresInSeconds`. */
  presignRead(key: string, expiresInSeconds: number): Promise<string>;
  /** Every key under a prefix. */
  list(prefix: string): AsyncIterable<string>;
  /** Copies an object inside the bucket, without its bytes passing through here. @returns false when there is none */
  copy(from: string, to: string): Promise<boolean>;
  write(key: string, text: string, contentType: string): Promise<void>;
  delete(keys: string[]): Promise<void>;
}

export interface StoredObject {
  body: ReadableStream<Uint8Array>;
  sizeBytes: number;
  /** Present for a part: the Content-Range of the answer. */
  contentRange?: string;
}
