import { createHash } from 'node:crypto';
import { PermanentError } from '../errors/errors.ts';
import type { ObjectSource } from './object-source.ts';
import type { FileBytes } from './parquet-pages.ts';
import type { StoredFile } from './stored-dataset.ts';

/** How much is read at a time where only the hash is wanted. */
const HASH_CHUNK_BYTES = 8 * 1024 ** 2;

/**
 * Opens a file once its size and its SHA-256 are those of the manifest. One of at most `keepBytes` is read once and kept
 * in memory; a longer one is read through for its hash, and later again in parts, which fail if it was replaced since.
 * @throws PermanentError DatasetMissing, DatasetInvalid
 * @throws TransientError Unavailable
 */
export async function openVerified(source: ObjectSource, file: StoredFile, keepBytes: number): Promise<FileBytes> {
  const { key, size } = file;
  const stat = await source.stat(key);
  const name = `${source.name}/${key}`;
  if (stat === undefined) {
    const message = `${name} is missing, although the manifest beside it names it. Stage the data set again.`;
    throw new PermanentError('DatasetMissing', message, { context: { key } });
  }
  if (stat.size !== size) throw mismatch(name, `is ${stat.size} bytes long instead of ${size}`);
  if (size <= keepBytes) {
    const bytes = await source.readRange(key, 0, size, stat.etag);
    if (file.sha256 !== undefined) checkHash(name, file.sha256, createHash('sha256').update(bytes).digest('hex'));
    return { size, read: async (start, end) => bytes.subarray(start, end) };
  }
  if (file.sha256 !== undefined) checkHash(name, file.sha256, await hashOf(source, key, size, stat.etag));
  return { size, read: (start, end) => source.readRange(key, start, end, stat.etag) };
}

async function hashOf(source: ObjectSource, key: string, size: number, etag: string | undefined): Promise<string> {
  const hash = createHash('sha256');
  const chunk = (start: number) => source.readRange(key, start, Math.min(size, start + HASH_CHUNK_BYTES), etag);
  let next = chunk(0);
  for (let start = 0; start < size; start += HASH_CHUNK_BYTES) {
    const bytes = await next;
    // One chunk ahead: hashing and fetching take about as long.
    if (start + HASH_CHUNK_BYTES < size) next = chunk(start + HASH_CHUNK_BYTES);
    next.catch(() => {});
    hash.update(bytes);
  }
  return hash.digest('hex');
}

function checkHash(name: string, expected: string, actual: string): void {
  if (expected !== actual) throw mismatch(name, `has the SHA-256 ${actual} instead of ${expected}`);
}

function mismatch(name: string, how: string): PermanentError {
  const message = `${name} ${how}: it is not the file that the manifest beside it means. Stage the data set again.`;
  return new PermanentError('DatasetInvalid', message, { context: { file: name } });
}
