import { Readable } from 'node:stream';
import { TransientError } from '../errors/errors.ts';

/** Reads a body into one buffer of just that size; the SDK's own way keeps all of it twice. */
export async function readExactly(
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
export function wholeSha256(checksum: string | undefined): string | undefined {
  const bytes = Buffer.from(checksum ?? '', 'base64');
  return checksum?.includes('-') || bytes.length !== 32 ? undefined : bytes.toString('hex');
}

/** Whether S3 answered that there is no such object. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** Whether S3 answered that the object still is the one that the caller has. */
export function isUnchanged(error: unknown): boolean {
  return statusOf(error) === 304;
}

/** What a failure of S3 is reported as. `doing` says what was tried: `reading s3://bucket/key`. */
export function unavailable(doing: string, error: unknown): TransientError {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TransientError('Unavailable', `${doing} failed: ${reason}. It is tried again.`, { cause: error });
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
