import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, glob, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { DATASETS_PREFIX, datasetPrefix, isSegment, MANIFEST_NAME, type Manifest } from '../bucket/layout.ts';
import type { DataFiles } from '../catalogue/data-files.ts';
import { type LocalSplits, requireSound } from '../datasets/local-columns.ts';
import { PermanentError } from '../errors/errors.ts';
import type { PyDict } from '../python/value.ts';
import { csvColumns, csvRows } from './csv-rows.ts';
import { DatesByName } from './dates-by-name.ts';
import { jsonRows } from './json-rows.ts';
import type { Kind } from './kind.ts';
import { RowWriter, widen, widenBy } from './write-parquet.ts';

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
      files.push(await entryOf(join(dir, split), name));
    }
    splits.push({ split, files });
  }
  return splits;
}

/** Goes through the files twice: for the types of all columns, and to write the rows. */
async function convertAll(dir: string, files: DataFiles, found: LocalSplits): Promise<Manifest['splits']> {
  const columns = new Map<string, Kind>();
  const sources: { split: string; files: Source[] }[] = [];
  for (const { split, paths } of found) {
    const list: Source[] = [];
    for (const path of paths) list.push(await lookAt(path, files, columns));
    sources.push({ split, files: list });
  }
  const splits: Manifest['splits'] = [];
  for (const { split, files: list } of sources) {
    await mkdir(join(dir, split), { recursive: true });
    const name = '0000.parquet';
    const writer = new RowWriter(join(dir, split, name), columns);
    let any = false;
    for (const source of list) {
      for await (const { row, chars } of source.rows()) {
        writer.add(row, chars);
        any = true;
      }
      await source.requireUnchanged();
    }
    writer.finish();
    if (!any)
      throw new PermanentError('DatasetInvalid', `split ${split}: there are no rows in ${named(found, split)}.`);
    splits.push({ split, files: [await entryOf(join(dir, split), name)] });
  }
  return splits;
}

function named(found: LocalSplits, split: string): string {
  const paths = found.find((entry) => entry.split === split)?.paths ?? [];
  return paths
    .slice(0, 5)
    .map((path) => relative('', path))
    .join(', ');
}

/** A file that was gone through once. */
interface Source {
  rows(): AsyncGenerator<{ readonly row: PyDict; readonly chars: number }>;
  /** @throws PermanentError DatasetInvalid where it was written to meanwhile */
  requireUnchanged(): Promise<void>;
}

async function lookAt(path: string, files: DataFiles, columns: Map<string, Kind>): Promise<Source> {
  const name = relative('', path);
  const before = await stat(path);
  const requireUnchanged = async () => {
    const now = await stat(path);
    if (now.size === before.size && now.mtimeMs === before.mtimeMs) return;
    throw new PermanentError('DatasetInvalid', `${name} was written to while it was read. Stage it again.`);
  };
  if (files.format === 'csv') {
    const own = await csvColumns(path, name, files.delimiter);
    for (const { name: column, type } of own) widenBy(columns, name, column, { of: type });
    return { rows: () => csvRows(path, name, files.delimiter, own), requireUnchanged };
  }
  let at = 0;
  const dates = new DatesByName();
  for await (const { row, reader } of jsonRows(path, name, files.field)) {
    widen(columns, { name, row: at++ }, row, reader);
    if (reader === 'pandas') dates.see(row);
  }
  dates.refuse(name);
  return { rows: () => jsonRows(path, name, files.field), requireUnchanged };
}

async function entryOf(dir: string, name: string) {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(join(dir, name))) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { name, size, sha256: hash.digest('hex') };
}
