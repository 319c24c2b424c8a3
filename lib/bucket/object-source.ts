/** What is known about a stored object without reading it. `size` is in bytes. */
export interface ObjectStat {
  size: number;
  /** Changes when the object does. */
  etag?: string;
  /** Of the whole object, as hex digits, where the store itself computed it when the object was written. */
  sha256?: string;
}

/** An object as a listing shows it. */
export interface ListedObject extends ObjectStat {
  key: string;
}

/** Where files are read from: a bucket, or in tests anything else. */
export interface ObjectSource {
  /** For messages, e.g. `s3://bucket`. */
  readonly name: string;
  /** Where a key is, for messages, where that is not the name with the key behind it: the path of a folder's file. */
  locate?(key: string): string;
  /** undefined where there is no such object. Throws TransientError Unavailable, as all do here. */
  stat(key: string): Promise<ObjectStat | undefined>;
  /**
   * The bytes from `start` up to, not including, `end`; fails if the object is not the one of `etag` any more. They may be
   * put at the beginning of `into`, where they have room.
   */
  readRange(
    key: string,
    start: number,
    end: number,
    etag?: string,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** All keys with that prefix, with their sizes, in the store's order (UTF-8 bytes). */
  list(prefix: string): AsyncIterable<ListedObject>;
}
