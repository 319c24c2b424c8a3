import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Bucket } from '../../bucket/bucket.ts';
import { PermanentError } from '../../errors/errors.ts';
import { whyNoFile } from '../../errors/file-reason.ts';
import { compareCodePoints } from '../../python/sort.ts';
import { type BuiltIn, clashesOf } from '../clash.ts';
import { type BuiltRoot, buildIndex } from '../definitions/build-index.ts';
import { DefinitionError, DefinitionReader, type TaskFiles } from '../definitions/definition.ts';
import { includePrefix, MAX_INCLUDE_BYTES, MAX_INCLUDE_FILES } from '../include.ts';
import { encodeInclude, INCLUDE_ARCHIVE } from '../include-archive.ts';

/** Broken files that one message reports. */
const MAX_TOLD = 20;

/** A folder of further definitions on this machine, read and found to be in order. */
export interface LocalInclude {
  readonly name: string;
  readonly files: TaskFiles;
  readonly root: BuiltRoot;
}

/** What staging a folder of definitions did. */
export interface IncludeSummary {
  readonly name: string;
  readonly tasks: number;
  readonly groups: number;
  readonly files: number;
  readonly bytes: number;
  /** Files that lay loose in the bucket's folder, copied by hand or staged by an earlier version. */
  readonly removed: number;
  /** Names that the harness has too, whose own task or group is used. */
  readonly hidden: readonly string[];
  /** What to tell of names that are defined twice, and of files that are no definitions. */
  readonly warnings: readonly string[];
}

/**
 * Reads a folder of definitions, with the templates and the Python files that they name. Hidden files are left out.
 * @throws PermanentError BadTaskDefinition naming each file that can't be understood and why, Configuration for a folder that
 * can't be read, is empty or too large, BadMessage for a name that no message could hold.
 */
export async function readLocalInclude(name: string, dir: string): Promise<LocalInclude> {
  const prefix = includePrefix(name);
  const files = await readFiles(dir);
  const problems = problemsOf(files, prefix);
  if (problems.length > 0) {
    const told = problems.slice(0, MAX_TOLD).join('; ');
    const more = problems.length > MAX_TOLD ? `; and ${problems.length - MAX_TOLD} more` : '';
    throw new PermanentError('BadTaskDefinition', `${dir} holds definitions that can't be read: ${told}${more}.`);
  }
  const root = buildIndex(files, prefix.slice(0, -1));
  if (root.index.size === 0) {
    const near = [...files.keys()].filter((path) => /\.yml$/i.test(path)).slice(0, MAX_TOLD);
    const rename = near.length === 0 ? '' : ` Of files named otherwise, such as ${near.join(', ')}, none is read.`;
    throw new PermanentError(
      'Configuration',
      `${dir} defines no task and no group: that is done in files named *.yaml, by the key task or group.${rename}`,
    );
  }
  return { name, files, root };
}

/**
 * Puts the folder below `include/<name>/` as one object, so that a reader sees the old folder or the new one, never half of it.
 * Files that lay there loose are replaced by it, and then removed.
 * @throws TransientError Unavailable where S3 fails.
 */
export async function stageInclude(
  bucket: Bucket,
  { name, files, root }: LocalInclude,
  harness: BuiltIn,
): Promise<IncludeSummary> {
  const prefix = includePrefix(name);
  const listed = await Array.fromAsync(bucket.list(prefix));
  const loose = listed.filter(({ key }) => key !== prefix + INCLUDE_ARCHIVE);
  const replaces = new Map(loose.map(({ key, etag = '' }) => [key.slice(prefix.length), etag]));
  await bucket.put(prefix + INCLUDE_ARCHIVE, encodeInclude({ files, replaces }));
  if (loose.length > 0) {
    await bucket.remove(loose.map(({ key }) => key));
    // None of them is there any more; one that is copied there again counts.
    await bucket.put(prefix + INCLUDE_ARCHIVE, encodeInclude({ files, replaces: new Map() }));
  }
  const types = [...root.index.values()].map(({ type }) => type);
  return {
    name,
    tasks: root.tasks.size,
    groups: types.filter((type) => type === 'group').length,
    files: files.size,
    bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0),
    removed: loose.length,
    hidden: [...root.index.keys()].filter((key) => harness.index.has(key)),
    warnings: [
      ...(await clashesOf(`include/${name}`, root, harness)),
      ...root.skipped.map((reason) => `${reason}; it is left out`),
    ],
  };
}

async function readFiles(dir: string): Promise<Map<string, Uint8Array>> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new PermanentError('Configuration', `${dir} can't be read as a folder of definitions: ${whyNoFile(cause)}.`, {
      cause,
    });
  });
  const paths = found
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep))
    .filter((parts) => !parts.some((part) => part.startsWith('.') || part === '__pycache__'))
    .map((parts) => parts.join('/'))
    .sort(compareCodePoints);
  // As the harness's own walk: a link to a file is that file, one to a folder is not followed.
  const sizes = new Map<string, number>();
  for (const path of paths) {
    const { size, isFile } = await statOf(join(dir, path));
    if (isFile) sizes.set(path, size);
  }
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (sizes.size > MAX_INCLUDE_FILES || bytes > MAX_INCLUDE_BYTES) {
    throw new PermanentError(
      'Configuration',
      `${dir} holds more than ${MAX_INCLUDE_FILES} files or ${MAX_INCLUDE_BYTES} bytes: too much for definitions.`,
    );
  }
  const files = new Map<string, Uint8Array>();
  for (const path of sizes.keys()) files.set(path, await readFile(join(dir, path)));
  return files;
}

async function statOf(path: string): Promise<{ size: number; isFile: boolean }> {
  try {
    const found = await stat(path);
    return { size: found.size, isFile: found.isFile() };
  } catch (cause) {
    throw new PermanentError('Configuration', `${path} can't be read: ${whyNoFile(cause)}.`, { cause });
  }
}

/** What is wrong, file by file. */
function problemsOf(files: TaskFiles, prefix: string): string[] {
  const reader = new DefinitionReader(files, prefix.slice(0, -1));
  const problems = [...files.keys()].flatMap((path) => {
    if (!path.endsWith('.yaml')) return [];
    try {
      reader.read(path);
      return [];
    } catch (error) {
      if (error instanceof DefinitionError) return [error.message];
      throw error;
    }
  });
  // A template at fault is reported once, not by every definition that includes it.
  return [...new Set(problems)];
}
