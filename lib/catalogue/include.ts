import pMap from 'p-map';
import type { Bucket } from '../bucket/bucket.ts';
import type { ListedObject } from '../bucket/object-source.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import type { FiledRoot } from './clash.ts';
import { buildIndex } from './definitions/build-index.ts';
import { decodeInclude, INCLUDE_ARCHIVE } from './include-archive.ts';
import { includeSources } from './sources.ts';

/** Files and bytes that one folder of definitions may hold. */
export const MAX_INCLUDE_FILES = 2000;
/** Bytes that they may hold together. */
export const MAX_INCLUDE_BYTES = 20_000_000;
const PARALLEL_READS = 16;
/** How often a folder that changes under our hands is read. */
const READS = 5;

/** A folder of further definitions, as read, and what shows whether it changed. */
export interface IncludeRoot extends FiledRoot {
  readonly fingerprint: string;
  /** What is wrong with files that can't be read. */
  readonly broken: readonly string[];
  /** Texts that its Python functions may need, by path: `include/<name>/...`. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Where a folder of further definitions lies. @throws PermanentError BadMessage where the name is no plain name. */
export function includePrefix(name: string): string {
  if (/^[\w.-]{1,100}$/.test(name) && !/^\.+$/.test(name)) return `include/${name}/`;
  throw new PermanentError(
    'BadMessage',
    `include_path "${name.slice(0, 100)}" must be the name of a folder below include/ in the bucket: letters, digits, "_", "-" and ".".`,
  );
}

/**
 * Reads the definitions below `include/<name>/`, or gives back `known` where nothing there has changed. Their functions are
 * named `include/<name>/...`, so that none of them can pass for one of the harness's.
 * @throws PermanentError BadMessage where there is no such folder, or it is too large.
 * @throws TransientError Unavailable where S3 fails, or files change each time they are read.
 */
export async function readInclude(
  bucket: Pick<Bucket, 'name' | 'get' | 'list'>,
  name: string,
  known: IncludeRoot | undefined,
  log: Logger,
): Promise<IncludeRoot> {
  const prefix = includePrefix(name);
  for (let tried = 0; tried < READS; tried++) {
    const listed = await Array.fromAsync(bucket.list(prefix));
    if (listed.length === 0)
      throw new PermanentError(
        'BadMessage',
        `include_path "${name}": there is nothing below ${prefix} in the bucket. What is there: npx sampler stage ls. Stage it: npx sampler stage harness --include-path ${name}=DIR`,
      );
    checkSize(
      name,
      listed.map(({ size }) => size),
    );
    const fingerprint = listed.map(({ key, etag }) => `${key}\n${etag}`).join('\n');
    if (known?.fingerprint === fingerprint) return known;
    const files = await readListed(bucket, name, prefix, listed);
    if (files === null) continue;
    const { index, tasks, skipped, broken, definedIn, clashes } = buildIndex(files, prefix.slice(0, -1));
    // Staging warns of them, once.
    for (const reason of skipped) log.debug('definition left out', { includePath: name, reason });
    return { index, tasks, broken, definedIn, clashes, fingerprint, sources: includeSources(files, prefix) };
  }
  throw new TransientError('Unavailable', `${bucket.name}/${prefix} changed each time it was read. It is read again.`);
}

/** What the folder holds: what was staged, and over it what lies there loose. Null where it changed since it was listed. */
async function readListed(
  bucket: Pick<Bucket, 'name' | 'get' | 'list'>,
  name: string,
  prefix: string,
  listed: readonly ListedObject[],
): Promise<Map<string, Uint8Array> | null> {
  const archiveKey = prefix + INCLUDE_ARCHIVE;
  const staged = listed.find(({ key }) => key === archiveKey);
  const stored = staged && (await readUnchanged(bucket, staged));
  if (stored === null) return null;
  const archive = stored && decodeInclude(name, stored);
  const loose = listed.filter(
    ({ key, etag }) => key !== archiveKey && (!etag || archive?.replaces.get(key.slice(prefix.length)) !== etag),
  );
  const bodies = await pMap(loose, (object) => readUnchanged(bucket, object), { concurrency: PARALLEL_READS });
  const files = new Map(archive?.files);
  for (const [i, { key }] of loose.entries()) {
    const body = bodies[i];
    if (!body) return null;
    files.set(key.slice(prefix.length), body);
  }
  checkSize(
    name,
    [...files.values()].map(({ length }) => length),
  );
  return files;
}

/** The object's bytes; null where it is gone, or another one than was listed. */
async function readUnchanged(
  bucket: Pick<Bucket, 'name' | 'get' | 'list'>,
  { key, etag }: ListedObject,
): Promise<Uint8Array | null> {
  const got = await bucket.get(key);
  return got === null || got === 'unchanged' || (etag !== undefined && got.etag !== etag) ? null : got.body;
}

function checkSize(name: string, sizes: readonly number[]): void {
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.length <= MAX_INCLUDE_FILES && bytes <= MAX_INCLUDE_BYTES) return;
  throw new PermanentError(
    'BadMessage',
    `include_path "${name}" holds more than ${MAX_INCLUDE_FILES} files or ${MAX_INCLUDE_BYTES} bytes.`,
  );
}
