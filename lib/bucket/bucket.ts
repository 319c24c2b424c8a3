import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { TransientError } from '../errors/errors.ts';
import { isMissing, isUnchanged, readExactly, unavailable, wholeSha256 } from './answers.ts';
import type { ListedObject, ObjectSource, ObjectStat } from './object-source.ts';

/** S3 deletes this many objects in one call. */
const MAX_DELETES = 1000;

/** A whole object. */
export interface WholeObject {
  readonly body: Uint8Array;
  readonly etag: string | undefined;
}

/** An object to be written whose bytes are known by their hash. */
export interface Upload {
  /** A stream is sent once: it can't be sent again if the connection breaks. */
  readonly body: Uint8Array | Readable;
  /** In bytes. */
  readonly size: number;
  /** As hex digits. */
  readonly sha256: string;
}

/** The one door to S3: objects of one bucket. The client stays the caller's. What reads throws TransientError Unavailable. */
export class Bucket implements ObjectSource {
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
      if (isMissing(error)) return undefined;
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

  /** An object whole, for what is small; null where there is none, `unchanged` where it still is the one of `etag`. */
  async get(key: string, etag?: string): Promise<WholeObject | null | 'unchanged'> {
    try {
      const match = etag === undefined ? {} : { IfNoneMatch: etag };
      const got = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key, ...match }));
      return { body: (await got.Body?.transformToByteArray()) ?? new Uint8Array(), etag: got.ETag };
    } catch (error) {
      if (isUnchanged(error)) return 'unchanged';
      if (isMissing(error)) return null;
      throw unavailable(`reading ${this.name}/${key}`, error);
    }
  }

  /** Writes an object. @throws TransientError Unavailable */
  async put(key: string, body: Uint8Array): Promise<void> {
    const command = new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body });
    await this.#s3.send(command).catch((error: unknown) => {
      throw unavailable(`writing ${this.name}/${key}`, error);
    });
  }

  /** Whether the bucket holds that very object, as an earlier {@link upload} put it there. @throws what the client throws */
  async holds(key: string, size: number, sha256: string): Promise<boolean> {
    try {
      const head = await this.#s3.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }));
      return head.ContentLength === size && head.Metadata?.['sha256'] === sha256;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /**
   * Writes an object with its hash, by which S3 refuses other bytes: a file that changes under our hands is noticed. A body
   * that fails ends the request: the client alone would wait for more of it.
   * @throws what the body failed with, or what the client throws
   */
  async upload(key: string, { body, size, sha256 }: Upload): Promise<void> {
    const abort = new AbortController();
    let failure: unknown;
    if (body instanceof Readable) {
      body.once('error', (error) => {
        failure = error;
        abort.abort();
      });
    }
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: body,
      ContentLength: size,
      ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
      Metadata: { sha256 },
    });
    try {
      await this.#s3.send(command, { abortSignal: abort.signal });
    } catch (error) {
      throw failure ?? error;
    } finally {
      if (body instanceof Readable) body.destroy();
    }
  }

  /** Removes objects; those that are not there are no matter. @throws TransientError Unavailable */
  async remove(keys: readonly string[]): Promise<void> {
    for (let i = 0; i < keys.length; i += MAX_DELETES) {
      const Objects = keys.slice(i, i + MAX_DELETES).map((Key) => ({ Key }));
      await this.#s3
        .send(new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } }))
        .catch((error: unknown) => {
          throw unavailable(`removing objects of ${this.name}`, error);
        });
    }
  }
}
