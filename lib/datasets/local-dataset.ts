import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, posix, sep } from 'node:path';
import { inUsualOrder, isSegment, MANIFEST_NAME, type Manifest } from '../bucket/layout.ts';
import { PermanentError } from '../errors/errors.ts';
import { whyNoFile } from '../errors/file-reason.ts';
import { compareCodePoints } from '../python/sort.ts';
import { filesBelow } from './folder-files.ts';
import { hubPlace, shardName } from './hub-layout.ts';
import { parseManifest } from './stored-dataset.ts';

/** Longer files are sent as a stream, which can't be sent again if the connection breaks. */
const MAX_BUFFERED_BYTES = 16 * 1024 ** 2;

/** A data set in a folder. */
export interface LocalDataset {
  /** Its folder in the bucket's layout: `<path>/<config or default>`. */
  readonly folder: string;
  /** The path of a split's file, by its name in the manifest. */
  file(split: string, name: string): string;
  /** Where its manifest is, or would be. */
  readonly manifestPath: string;
  /**
   * Its manifest, compared with the files' sizes and hashes; `made` from them where the folder has none.
   * @throws PermanentError DatasetInvalid naming the file that is not the manifest's
   */
  manifest(): Promise<{ manifest: Manifest; made: boolean }>;
}

/** Splits with the paths of their files. */
type SplitPaths = Map<string, string[]>;

/**
 * All data sets below a folder that is laid out as the bucket is, or as the hub's repositories are.
 * @throws PermanentError DatasetMissing where there is none, DatasetInvalid for parquet files in the wrong place
 */
export async function localDatasets(fromDir: string): Promise<LocalDataset[]> {
  const entries = await readFolder(fromDir);
  const withManifest = new Set(
    entries.filter((entry) => basename(entry) === MANIFEST_NAME).map((entry) => dirname(entry)),
  );
  const [laidOut, ofHub] = [new Map<string, SplitPaths>(), new Map<string, SplitPaths>()];
  for (const entry of entries) {
    const parts = entry.split(sep);
    // macOS puts a file of its own beside each on other systems' disks: `._0000.parquet`.
    if (!entry.endsWith('.parquet') || parts.at(-1)?.startsWith('._')) continue;
    const odd = parts.find((part) => !isSegment(part));
    if (odd !== undefined) {
      const message = `${join(fromDir, entry)} can't be a place in the bucket: ${JSON.stringify(odd)} is no folder's or file's name there. Rename it.`;
      throw new PermanentError('DatasetInvalid', message);
    }
    const hub = withManifest.has(dirname(dirname(entry))) ? undefined : hubPlace(parts);
    if (hub === undefined && parts.length < 4) {
      const message = `${join(fromDir, entry)} is not where a data set's file should be: <path>/<config or default>/<split>/<NNNN>.parquet below ${fromDir}.`;
      throw new PermanentError('DatasetInvalid', message);
    }
    const place = hub ?? { folder: parts.slice(0, -2).join('/'), split: parts.at(-2) ?? '' };
    const datasets = hub ? ofHub : laidOut;
    const splits: SplitPaths = datasets.get(place.folder) ?? new Map();
    datasets.set(place.folder, splits);
    splits.set(place.split, [...(splits.get(place.split) ?? []), join(fromDir, entry)]);
  }
  const twice = [...ofHub.keys()].find((folder) => laidOut.has(folder));
  if (twice !== undefined) {
    const message = `${fromDir} holds ${twice} twice: in the hub's layout and in the bucket's. Remove one.`;
    throw new PermanentError('DatasetInvalid', message);
  }
  if (laidOut.size + ofHub.size === 0) {
    throw new PermanentError('DatasetMissing', `${fromDir} holds no data sets: no parquet files are in it or below.`);
  }
  return [
    ...[...laidOut].map(([folder, splits]) => localDataset(fromDir, folder, namedAsTheyAre(splits))),
    ...[...ofHub].map(([folder, splits]) => localDataset(fromDir, folder, numbered(splits))),
  ].sort((a, b) => compareCodePoints(a.folder, b.folder));
}

/** Paths of a split's files by their names in the bucket. */
type NamedFiles = ReadonlyMap<string, ReadonlyMap<string, string>>;

function namedAsTheyAre(splits: SplitPaths): NamedFiles {
  return named(splits, (path) => basename(path));
}

function numbered(splits: SplitPaths): NamedFiles {
  return named(splits, (_, at) => shardName(at));
}

function named(splits: SplitPaths, nameOf: (path: string, at: number) => string): NamedFiles {
  return new Map(
    [...splits].map(([split, paths]) => [
      split,
      new Map([...paths].sort(compareCodePoints).map((path, at) => [nameOf(path, at), path])),
    ]),
  );
}

function localDataset(fromDir: string, folder: string, files: NamedFiles): LocalDataset {
  const dir = join(fromDir, folder);
  const manifestPath = join(dir, MANIFEST_NAME);
  const file = (split: string, name: string) => files.get(split)?.get(name) ?? join(dir, split, name);
  return {
    folder,
    file,
    manifestPath,
    async manifest() {
      const bytes = await readFile(manifestPath).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (bytes === undefined) return { manifest: await makeManifest(folder, files), made: true };
      const manifest = parseManifest(
        bytes,
        (why) => new PermanentError('DatasetInvalid', `${manifestPath} is no manifest: ${why}.`),
      );
      await checkFiles(file, manifest);
      return { manifest, made: false };
    },
  };
}

/** Sizes, hashes, and the splits in the usual order. Path and configuration are read off the folders' names. */
async function makeManifest(folder: string, byName: NamedFiles): Promise<Manifest> {
  const splits: Manifest['splits'] = [];
  for (const split of inUsualOrder(byName.keys())) {
    const files: Manifest['splits'][number]['files'] = [];
    for (const [name, path] of byName.get(split) ?? []) {
      files.push({ name, size: (await stat(path)).size, sha256: await hashOf(createReadStream(path)) });
    }
    splits.push({ split, files });
  }
  return { dataset_path: posix.dirname(folder), config: posix.basename(folder), revision: 'local', splits };
}

async function checkFiles(file: LocalDataset['file'], manifest: Manifest): Promise<void> {
  for (const { split, files } of manifest.splits) {
    for (const { name, size, sha256 } of files) {
      const path = file(split, name);
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
    const why = whyNoFile(cause);
    throw new PermanentError('DatasetMissing', `${dir} can't be read as a folder of data sets (${why}).`, { cause });
  }
}

function refuse(path: string, problem: string): PermanentError {
  const message = `${path} ${problem}. Get a sound copy of the data set, or remove its manifest if the file is meant to be new.`;
  return new PermanentError('DatasetInvalid', message, { context: { path } });
}
