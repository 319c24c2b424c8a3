import { createHash } from 'node:crypto';
import type { ObjectSource } from '../bucket/object-source.ts';
import { PermanentError } from '../errors/errors.ts';
import type { FileBytes } from '../parquet/window.ts';
import type { StoredFile } from './stored-dataset.ts';

/** How much is read at a time where only the hash is wanted. */
const HASH_CHUNK_BYTES = 4 * 1024 ** 2;

/** A file of a data set, known to have the right size. All of its reads fail once it is replaced. */
export interface OpenedFile extends FileBytes {
  readonly etag: string | undefined;
  /** Whether its bytes are known to be those that the manifest means, or there is no manifest. */
  readonly verified: boolean;
}

/**
 * Opens a file once its size is the manifest's. One of at most `keepBytes` is read once, checked and kept in memory; a
 * longer one counts as verified where the store itself vouches for its SHA-256, else {@link verifyFile} has to read it.
 * @throws PermanentError DatasetMissing, DatasetInvalid
 * @throws TransientError Unavailable
 */
export async function openStored(source: ObjectSource, file: StoredFile, keepBytes: number): Promise<OpenedFile> {
  const { key, size, sha256 } = file;
  const stat = await source.stat(key);
  const name = `${source.name}/${key}`;
  if (stat === undefined) {
    const message = `${name} is missing, although the manifest next to it names it. Stage the data set again.`;
    throw new PermanentError('DatasetMissing', message, { context: { key } });
  }
  const { etag } = stat;
  if (stat.size !== size) throw mismatch(name, `is ${stat.size} bytes long instead of ${size}`);
  if (size <= keepBytes) {
    const bytes = await source.readRange(key, 0, size, etag);
    if (sha256 !== undefined) checkHash(name, sha256, createHash('sha256').update(bytes).digest('hex'));
    return { size, etag, verified: true, read: async (start, end) => bytes.subarray(start, end) };
  }
  if (sha256 !== undefined && stat.sha256 !== undefined) checkHash(name, sha256, stat.sha256);
  const verified = sha256 === undefined || stat.sha256 !== undefined;
  return { size, etag, verified, read: (start, end, into) => source.readRange(key, start, end, etag, into) };
}

/**
 * Reads a file through and checks it against the manifest's SHA-256.
 * @throws PermanentError DatasetInvalid where it is another one
 * @throws TransientError Unavailable
 */
export async function verifyFile(source: ObjectSource, file: StoredFile, opened: OpenedFile): Promise<void> {
  if (file.sha256 === undefined || opened.verified) return;
  const hash = createHash('sha256');
  const chunk = (start: number) => opened.read(start, Math.min(file.size, start + HASH_CHUNK_BYTES));
  let next = chunk(0);
  for (let start = 0; start < file.size; start += HASH_CHUNK_BYTES) {
    const bytes = await next;
    // One chunk ahead: hashing and fetching take about as long.
    if (start + HASH_CHUNK_BYTES < file.size) next = chunk(start + HASH_CHUNK_BYTES);
    next.catch(() => {});
    hash.update(bytes);
  }
  checkHash(`${source.name}/${file.key}`, file.sha256, hash.digest('hex'));
}

function checkHash(name: string, expected: string, actual: string): void {
  if (expected !== actual) throw mismatch(name, `has the SHA-256 ${actual} instead of ${expected}`);
}

function mismatch(name: string, how: string): PermanentError {
  const message = `${name} ${how}: it is not the file that the manifest next to it means. Stage the data set again.`;
  return new PermanentError('DatasetInvalid', message, { context: { file: name } });
}
