import pMap from 'p-map';
import type { Bucket } from '../bucket/bucket.ts';
import type { ListedObject } from '../bucket/object-source.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { buildIndex } from './definitions/build-index.ts';
import type { TaskRoot } from './task-index.ts';

/** Files and bytes that one folder of definitions may hold. */
export const MAX_INCLUDE_FILES = 2000;
/** Bytes that they may hold together. */
export const MAX_INCLUDE_BYTES = 20_000_000;
const PARALLEL_READS = 16;

/** A folder of further definitions, as read, and what shows whether it changed. */
export interface IncludeRoot extends TaskRoot {
  readonly fingerprint: string;
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
 */
export async function readInclude(
  bucket: Bucket,
  name: string,
  known: IncludeRoot | undefined,
  log: Logger,
): Promise<IncludeRoot> {
  const prefix = includePrefix(name);
  const listed = await Array.fromAsync(bucket.list(prefix));
  if (listed.length === 0)
    throw new PermanentError('BadMessage', `include_path "${name}": there is nothing below ${prefix} in the bucket.`);
  const bytes = listed.reduce((sum, { size }) => sum + size, 0);
  if (listed.length > MAX_INCLUDE_FILES || bytes > MAX_INCLUDE_BYTES) {
    throw new PermanentError(
      'BadMessage',
      `include_path "${name}" holds more than ${MAX_INCLUDE_FILES} files or ${MAX_INCLUDE_BYTES} bytes.`,
    );
  }
  const fingerprint = listed.map(({ key, etag }) => `${key}\n${etag}`).join('\n');
  if (known?.fingerprint === fingerprint) return known;
  const readOne = async ({ key }: ListedObject): Promise<[string, Uint8Array]> => {
    const object = await bucket.get(key);
    return [key.slice(prefix.length), object === null || object === 'unchanged' ? new Uint8Array() : object.body];
  };
  const read = await pMap(listed, readOne, { concurrency: PARALLEL_READS });
  const { index, tasks, skipped } = buildIndex(new Map(read), prefix.slice(0, -1));
  for (const reason of skipped) log.warn('definition left out', { includePath: name, reason });
  return { index, tasks, fingerprint };
}
