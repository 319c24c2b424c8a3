import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, glob, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { DATASETS_PREFIX, datasetPrefix, isSegment, MANIFEST_NAME, type Manifest } from '../bucket/layout.ts';
import type { DataFiles } from '../catalogue/data-files.ts';
import { type LocalSplits, requireSound } from '../datasets/local-columns.ts';
import { PermanentError } from '../errors/errors.ts';
import type { PyDict } from '../python/value.ts';
import { csvRows } from './csv-rows.ts';
import { jsonRows } from './json-rows.ts';
import type { Kind } from './kind.ts';
import { parquetOf, widen } from './write-parquet.ts';

/**
 * Files of JSON and CSV are read whole, all of a data set at once, and take about ten times their size in memory: these take 2.5 GB. What
 * is larger is better made into parquet.
 */
const MAX_BYTES = 256 << 20;

/**
 * Writes a data set of one's own files as parquet, in the layout of the bucket: types as `datasets` finds them, splits in the
 * definition's order. What lay there of it before is replaced, once all of it could be read.
 * @param place the data set's path and configuration, as the task's definition gives them once it is read
 * @param fromDir what relative paths count from
 * @throws PermanentError DatasetMissing, DatasetInvalid
 */
export async function convertFiles(
  files: DataFiles,
  place: { readonly path: string; readonly config: string | null },
  fromDir: string,
  toDir: string,
): Promise<void> {
  const found = await Promise.all(
    files.splits.map(async ({ split, patterns }) => {
      if (!isSegment(split))
        throw new PermanentError('BadTaskDefinition', `${JSON.stringify(split)} is no name of a split.`);
      return { split, paths: await filesOf(fromDir, patterns) };
    }),
  );
  if (files.format === 'parquet') await requireSound([found], 'npx sampler stage datasets TASK');
  const dir = join(toDir, datasetPrefix(place.path, place.config).slice(DATASETS_PREFIX.length, -1));
  // Beside the folder, under a name that no data set has: a rename puts it there as a whole.
  const unfinished = `${dir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  try {
    const splits = await (files.format === 'parquet'
      ? copyAll(unfinished, found)
      : convertAll(unfinished, files, found));
    const manifest: Manifest = {
      dataset_path: place.path,
      config: place.config ?? 'default',
      revision: 'local',
      splits,
    };
    await writeFile(join(unfinished, MANIFEST_NAME), `${JSON.stringify(manifest, null, 1)}\n`);
    await rm(dir, { recursive: true, force: true });
    await rename(unfinished, dir);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Each pattern's files by name; a path without a pattern has to be there. */
async function filesOf(fromDir: string, patterns: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const pattern of patterns) {
    const path = isAbsolute(pattern) ? pattern : join(fromDir, pattern);
    if (existsSync(path)) {
      all.push(path);
      continue;
    }
    const matches = /[*?[{]/.test(pattern) ? await Array.fromAsync(glob(pattern, { cwd: fromDir })) : [];
    const here = matches.map((match) => (isAbsolute(match) ? match : join(fromDir, match))).sort();
    if (here.length === 0) {
      const message = `${path} is not there. Relative data_files count from ${fromDir}; say otherwise with --files DIR.`;
      throw new PermanentError('DatasetMissing', message);
    }
    all.push(...here);
  }
  return all;
}

async function copyAll(dir: string, found: LocalSplits): Promise<Manifest['splits']> {
  const splits: Manifest['splits'] = [];
  for (const { split, paths } of found) {
    const files: Manifest['splits'][number]['files'] = [];
    for (const [at, path] of paths.entries()) {
      const name = `${String(at).padStart(4, '0')}.parquet`;
      await mkdir(join(dir, split), { recursive: true });
      await copyFile(path, join(dir, split, name));
      files.push(entryOf(name, await readFile(path)));
    }
    splits.push({ split, files });
  }
  return splits;
}

async function convertAll(dir: string, files: DataFiles, found: LocalSplits): Promise<Manifest['splits']> {
  await requireSize(found);
  const columns = new Map<string, Kind>();
  const read: { split: string; rows: readonly PyDict[][] }[] = [];
  for (const { split, paths } of found) {
    const rows: PyDict[][] = [];
    for (const path of paths) rows.push(await rowsOf(path, files, columns));
    read.push({ split, rows });
  }
  const splits: Manifest['splits'] = [];
  for (const { split, rows } of read) {
    await mkdir(join(dir, split), { recursive: true });
    const name = '0000.parquet';
    const bytes = parquetOf(columns, rows.flat());
    await writeFile(join(dir, split, name), bytes);
    splits.push({ split, files: [entryOf(name, bytes)] });
  }
  return splits;
}

/** @throws PermanentError DatasetInvalid where the files together are too large to be read whole, naming the largest */
async function requireSize(found: LocalSplits): Promise<void> {
  const paths = found.flatMap((split) => split.paths);
  const files = await Promise.all(paths.map(async (path) => ({ path, size: (await stat(path)).size })));
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= MAX_BYTES) return;
  const [largest] = files.sort((a, b) => b.size - a.size);
  const message =
    `the files have ${total} bytes together, ${relative('', largest?.path ?? '')} has the most; of JSON and CSV ${MAX_BYTES} at most are read. ` +
    'Make parquet of them (in Python: datasets.load_dataset("json", data_files=...)["train"].to_parquet("FILE.parquet")), and name those ' +
    'in data_files with dataset_path: parquet.';
  throw new PermanentError('DatasetInvalid', message);
}

async function rowsOf(path: string, files: DataFiles, columns: Map<string, Kind>): Promise<PyDict[]> {
  const name = relative('', path);
  const text = textOf(name, await readFile(path));
  if (files.format === 'csv') {
    const rows = csvRows(name, text, files.delimiter);
    widen(columns, name, rows, false);
    return rows;
  }
  const { rows, lines } = jsonRows(name, text, files.field);
  widen(columns, name, rows, lines);
  return [...rows];
}

function textOf(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PermanentError('DatasetInvalid', `${name} is no UTF-8. Save it as UTF-8 and stage it again.`);
  }
}

function entryOf(name: string, bytes: Uint8Array) {
  return { name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
