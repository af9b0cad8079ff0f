/**
 * The artifact bucket. Generators write; the orchestrator reads, lists, deletes, signs, and copies versions.
 * Nothing that a generator wrote is believed: each read says how much it takes, whatever the object's size.
 */
export interface Storage {
  /**
   * @returns the object's bytes, or undefined when there is none
   * @throws ObjectTooLargeError when the object, or the part of it, is larger than `maxBytes`
   */
  read(key: string, options: ReadOptions): Promise<StoredObject | undefined>;
  /** The whole object as text, or undefined when there is none. @throws ObjectTooLargeError */
  readText(key: string, maxBytes: number): Promise<string | undefined>;
  /** A GET URL that is valid for `expiresInSeconds`. */
  presignRead(key: string, expiresInSeconds: number): Promise<string>;
  /** Every object under a prefix, in order of key. @param startAfter leaves out this key and all before it */
  list(prefix: string, options?: { startAfter?: string }): AsyncIterable<ListedObject>;
  /** Copies an object inside the bucket, without its bytes passing through here. @returns false when there is none */
  copy(from: string, to: string): Promise<boolean>;
  write(key: string, body: string | Uint8Array, contentType?: string): Promise<void>;
  delete(keys: string[]): Promise<void>;
}

export interface ReadOptions {
  maxBytes: number;
  /** An HTTP Range header's value. */
  range?: string;
}

export interface StoredObject {
  /** Errors with ObjectTooLargeError once more comes than was allowed. */
  body: ReadableStream<Uint8Array>;
  /** Of the body: for a part, the part's. */
  sizeBytes: number;
  /** Present for a part: the Content-Range of the answer. */
  contentRange?: string;
}

export interface ListedObject {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

/** An object has more bytes than its reader takes. */
export class ObjectTooLargeError extends Error {
  override name = "ObjectTooLargeError";

  constructor(key: string, maxBytes: number) {
    super(`${key} has more than ${maxBytes} bytes`);
  }
}
