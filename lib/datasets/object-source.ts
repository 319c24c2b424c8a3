import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { SamplerError, TransientError } from '../errors/errors.ts';

/** What is known about a stored object without reading it. `size` is in bytes. */
export interface ObjectStat {
  size: number;
  /** Changes when the object does. */
  etag?: string;
}

/** Where files are read from: a bucket, or in tests anything else. */
export interface ObjectSource {
  /** For messages, e.g. `s3://bucket`. */
  readonly name: string;
  /** undefined where there is no such object. Throws TransientError Unavailable, as all do here. */
  stat(key: string): Promise<ObjectStat | undefined>;
  /** The bytes from `start` up to, not including, `end`; fails if the object is not the one of `etag` any more. */
  readRange(key: string, start: number, end: number, etag?: string): Promise<Uint8Array<ArrayBuffer>>;
  /** All keys with that prefix, with their sizes, in the store's order (UTF-8 bytes). */
  list(prefix: string): AsyncIterable<{ key: string; size: number }>;
}

/** Objects of an S3 bucket. The client stays the caller's. */
export function s3Source(s3: S3Client, bucket: string): ObjectSource {
  const name = `s3://${bucket}`;
  return {
    name,
    async stat(key) {
      try {
        const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return { size: head.ContentLength ?? 0, ...(head.ETag === undefined ? {} : { etag: head.ETag }) };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw unavailable(`reading about ${name}/${key}`, error);
      }
    },
    async readRange(key, start, end, etag) {
      if (end <= start) return new Uint8Array();
      try {
        const range = `bytes=${start}-${end - 1}`;
        const match = etag === undefined ? {} : { IfMatch: etag };
        const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: range, ...match }));
        const bytes = Uint8Array.from((await got.Body?.transformToByteArray()) ?? []);
        if (bytes.length !== end - start) throw new Error(`got ${bytes.length} bytes for ${range}`);
        return bytes;
      } catch (error) {
        throw unavailable(`reading ${name}/${key}`, error);
      }
    },
    async *list(prefix) {
      let ContinuationToken: string | undefined;
      do {
        const page = await s3
          .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken }))
          .catch((error: unknown) => {
            throw unavailable(`listing ${name}/${prefix}`, error);
          });
        for (const { Key, Size } of page.Contents ?? []) if (Key !== undefined) yield { key: Key, size: Size ?? 0 };
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
  };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey');
}

function unavailable(doing: string, error: unknown): SamplerError {
  if (error instanceof SamplerError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TransientError('Unavailable', `${doing} failed: ${reason}. It is tried again.`, { cause: error });
}
