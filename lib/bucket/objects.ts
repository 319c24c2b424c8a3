import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { TransientError } from '../errors/errors.ts';

/** A whole object. */
export interface S3Object {
  readonly body: Uint8Array;
  readonly etag: string | undefined;
}

/** Whole objects of one bucket, for what is small. All throw TransientError Unavailable where S3 fails. */
export class S3Objects {
  readonly #s3: S3Client;
  readonly #bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  /** The object; null where there is none, `unchanged` where it still is the one of `etag`. */
  async get(key: string, etag?: string): Promise<S3Object | null | 'unchanged'> {
    try {
      const match = etag === undefined ? {} : { IfNoneMatch: etag };
      const got = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key, ...match }));
      return { body: (await got.Body?.transformToByteArray()) ?? new Uint8Array(), etag: got.ETag };
    } catch (error) {
      if (statusOf(error) === 304) return 'unchanged';
      if (statusOf(error) === 404) return null;
      throw this.#unavailable('reading', key, error);
    }
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    await this.#s3
      .send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body }))
      .catch((error: unknown) => {
        throw this.#unavailable('writing', key, error);
      });
  }

  /** All objects below a prefix, in the order of their keys. */
  async list(prefix: string): Promise<{ key: string; size: number; etag: string }[]> {
    const found: { key: string; size: number; etag: string }[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#s3
        .send(new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ContinuationToken }))
        .catch((error: unknown) => {
          throw this.#unavailable('listing', prefix, error);
        });
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        if (Key !== undefined) found.push({ key: Key, size: Size ?? 0, etag: ETag ?? '' });
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return found;
  }

  #unavailable(doing: string, key: string, error: unknown): TransientError {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return new TransientError(
      'Unavailable',
      `${doing} s3://${this.#bucket}/${key} failed: ${reason}. It is tried again.`,
      { cause: error },
    );
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
