import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { inUsualOrder, isSegment, MANIFEST_NAME, type Manifest } from '../bucket/layout.ts';
import { messageOf, PermanentError } from '../errors/errors.ts';
import { compareCodePoints } from '../python/sort.ts';
import { filesBelow } from './folder-files.ts';
import { parseManifest } from './stored-dataset.ts';

/** Longer files are sent as a stream, which can't be sent again if the connection breaks. */
const MAX_BUFFERED_BYTES = 16 * 1024 ** 2;

/** A data set in a folder. */
export interface LocalDataset {
  /** The folder that holds its splits. */
  readonly dir: string;
  /** The path of one of its files. */
  file(...parts: string[]): string;
  /**
   * Its manifest, compared with the files' sizes and hashes; `made` from them where the folder has none.
   * @throws PermanentError DatasetInvalid naming the file that is not the manifest's
   */
  manifest(): Promise<{ manifest: Manifest; made: boolean }>;
}

/**
 * All data sets below a folder that is laid out as the bucket is.
 * @throws PermanentError DatasetMissing where there is none, DatasetInvalid for parquet files in the wrong place
 */
export async function localDatasets(fromDir: string): Promise<LocalDataset[]> {
  const byDir = new Map<string, string[]>();
  for (const entry of await readFolder(fromDir)) {
    const parts = entry.split(sep);
    // macOS puts a file of its own beside each on other systems' disks: `._0000.parquet`.
    if (!entry.endsWith('.parquet') || parts.at(-1)?.startsWith('._')) continue;
    const odd = parts.find((part) => !isSegment(part));
    if (odd !== undefined) {
      const message = `${join(fromDir, entry)} can't be a place in the bucket: ${JSON.stringify(odd)} is no folder's or file's name there. Rename it.`;
      throw new PermanentError('DatasetInvalid', message);
    }
    if (parts.length < 4) {
      const message = `${join(fromDir, entry)} is not where a data set's file should be: <path>/<config or default>/<split>/<NNNN>.parquet below ${fromDir}.`;
      throw new PermanentError('DatasetInvalid', message);
    }
    const dir = join(fromDir, ...parts.slice(0, -2));
    byDir.set(dir, [...(byDir.get(dir) ?? []), join(fromDir, entry)]);
  }
  if (byDir.size === 0) {
    throw new PermanentError('DatasetMissing', `${fromDir} holds no data sets: no parquet files are in it or below.`);
  }
  return [...byDir]
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([dir, files]) => localDataset(fromDir, dir, files));
}

function localDataset(fromDir: string, dir: string, files: readonly string[]): LocalDataset {
  return {
    dir,
    file: (...parts) => join(dir, ...parts),
    async manifest() {
      const path = join(dir, MANIFEST_NAME);
      const bytes = await readFile(path).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (bytes === undefined) return { manifest: await makeManifest(fromDir, dir, files), made: true };
      const manifest = parseManifest(
        bytes,
        (why) => new PermanentError('DatasetInvalid', `${path} is no manifest: ${why}.`),
      );
      await checkFiles(dir, manifest);
      return { manifest, made: false };
    },
  };
}

/** Sizes, hashes, and the splits in the usual order. Path and configuration are read off the folders' names. */
async function makeManifest(fromDir: string, dir: string, paths: readonly string[]): Promise<Manifest> {
  const inSplit = Map.groupBy(paths, (path) => basename(dirname(path)));
  const splits: Manifest['splits'] = [];
  for (const split of inUsualOrder(inSplit.keys())) {
    const names = (inSplit.get(split) ?? []).map((path) => basename(path)).sort(compareCodePoints);
    const files: Manifest['splits'][number]['files'] = [];
    for (const name of names) {
      const path = join(dir, split, name);
      files.push({ name, size: (await stat(path)).size, sha256: await hashOf(createReadStream(path)) });
    }
    splits.push({ split, files });
  }
  const datasetPath = relative(fromDir, dirname(dir)).split(sep).join('/');
  return { dataset_path: datasetPath, config: basename(dir), revision: 'local', splits };
}

async function checkFiles(dir: string, manifest: Manifest): Promise<void> {
  for (const { split, files } of manifest.splits) {
    for (const { name, size, sha256 } of files) {
      const path = join(dir, split, name);
      const actual = await stat(path).catch(() => undefined);
      if (actual === undefined) throw refuse(path, 'is missing, although the manifest names it');
      if (actual.size !== size) throw refuse(path, `is ${actual.size} bytes long, and ${size} in the manifest`);
      const hash = await hashOf(createReadStream(path));
      if (hash !== sha256) throw refuse(path, `has the SHA-256 ${hash}, and ${sha256} in the manifest`);
    }
  }
}

/** SHA-256 as hex digits. */
export async function hashOf(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** A file as body of an upload. */
export async function uploadBody(path: string, size: number): Promise<Buffer | ReadStream> {
  return size <= MAX_BUFFERED_BYTES ? await readFile(path) : createReadStream(path);
}

async function readFolder(dir: string): Promise<string[]> {
  try {
    return await filesBelow(dir);
  } catch (cause) {
    if (cause instanceof PermanentError) throw cause;
    const why = messageOf(cause);
    throw new PermanentError('DatasetMissing', `${dir} can't be read as a folder of data sets (${why}).`, { cause });
  }
}

function refuse(path: string, problem: string): PermanentError {
  const message = `${path} ${problem}. Get a sound copy of the data set, or remove its manifest if the file is meant to be new.`;
  return new PermanentError('DatasetInvalid', message, { context: { path } });
}
