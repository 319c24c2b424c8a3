import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { TransientError } from '../errors/errors.ts';

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

/** Objects of an S3 bucket. The client stays the caller's. */
export class S3ObjectSource implements ObjectSource {
  readonly name: string;
  readonly #s3: S3Client;
  readonly #bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.name = `s3://${bucket}`;
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    try {
      const asked = { Bucket: this.#bucket, Key: key, ChecksumMode: 'ENABLED' } as const;
      const { ContentLength, ETag, ChecksumSHA256 } = await this.#s3.send(new HeadObjectCommand(asked));
      const sha256 = wholeSha256(ChecksumSHA256);
      return {
        size: ContentLength ?? 0,
        ...(ETag === undefined ? {} : { etag: ETag }),
        ...(sha256 === undefined ? {} : { sha256 }),
      };
    } catch (error) {
      if (error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey')) return undefined;
      throw unavailable(`reading about ${this.name}/${key}`, error);
    }
  }

  async readRange(
    key: string,
    start: number,
    end: number,
    etag?: string,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (end <= start) return new Uint8Array();
    const Range = `bytes=${start}-${end - 1}`;
    try {
      const match = etag === undefined ? {} : { IfMatch: etag };
      const got = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key, Range, ...match }));
      return await readExactly(got.Body, end - start, into);
    } catch (error) {
      if (error instanceof Error && /^(PreconditionFailed|NoSuchKey|InvalidRange)$/.test(error.name)) {
        const message = `${this.name}/${key} was replaced or removed while it was being read. It is read again.`;
        throw new TransientError('Unavailable', message, { cause: error, context: { key } });
      }
      throw unavailable(`reading ${this.name}/${key}`, error);
    }
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ContinuationToken });
      const page = await this.#s3.send(command).catch((error: unknown) => {
        throw unavailable(`listing ${this.name}/${prefix}`, error);
      });
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key, size: Size ?? 0, ...(ETag === undefined ? {} : { etag: ETag }) };
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }
}

/** Reads a body into one buffer of just that size; the SDK's own way keeps all of it twice. */
async function readExactly(
  body: unknown,
  length: number,
  into: Uint8Array<ArrayBuffer> = new Uint8Array(length),
): Promise<Uint8Array<ArrayBuffer>> {
  if (!(body instanceof Readable)) throw new Error('the answer has no body');
  const bytes = into.length < length ? new Uint8Array(length) : into.subarray(0, length);
  let at = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array) || at + chunk.length > length) {
      throw new Error(`got more than the ${length} bytes asked for`);
    }
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at !== length) throw new Error(`got ${at} of ${length} bytes`);
  return bytes;
}

/** The checksum of an upload in parts (`...-3`) is that of its parts' checksums, and says nothing about the bytes. */
function wholeSha256(checksum: string | undefined): string | undefined {
  const bytes = Buffer.from(checksum ?? '', 'base64');
  return checksum?.includes('-') || bytes.length !== 32 ? undefined : bytes.toString('hex');
}

function unavailable(doing: string, error: unknown): TransientError {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TransientError('Unavailable', `${doing} failed: ${reason}. It is tried again.`, { cause: error });
}
