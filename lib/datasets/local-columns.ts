import { type FileHandle, open } from 'node:fs/promises';
import pMap from 'p-map';
import type { Manifest } from '../bucket/layout.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Column } from '../parquet/column-type.ts';
import { openParquet } from '../parquet/parquet.ts';
import { requireCast } from './open-dataset.ts';

/** Files whose footers are read at the same time. */
const PARALLEL = 6;
/** Data sets that one message reports. */
const MAX_TOLD = 5;

/** Splits with the paths of their parquet files on this machine, in the order in which they are loaded. */
export type LocalSplits = readonly { readonly split: string; readonly paths: readonly string[] }[];

/** A manifest's splits, whose files lie where `file` says. */
export function localSplits({ splits }: Manifest, file: (split: string, name: string) => string): LocalSplits {
  return splits.map(({ split, files }) => ({ split, paths: files.map(({ name }) => file(split, name)) }));
}

/**
 * Reads the footers of data sets' files, and compares columns and types as a register does: what it would refuse is told before
 * anything that is staged is replaced. Holds the columns of a few files at a time.
 * @param then what to type once the files are sound
 * @throws PermanentError DatasetInvalid naming the first file at fault of each data set, and why
 */
export async function requireSound(datasets: readonly LocalSplits[], then: string): Promise<void> {
  const checked = await pMap(datasets, problemOf, { concurrency: PARALLEL });
  const problems = checked.filter((problem) => problem !== undefined);
  const [first] = problems;
  if (first === undefined) return;
  const told = problems.slice(0, MAX_TOLD).map(({ message }) => message);
  const more = problems.length > told.length ? ` So it is with ${problems.length - told.length} more data sets.` : '';
  const message = `${told.join(' ')}${more} Nothing was replaced. With sound files: ${then}`;
  throw new PermanentError('DatasetInvalid', message, { cause: first, context: first.context });
}

async function problemOf(splits: LocalSplits): Promise<PermanentError | undefined> {
  try {
    let columns: readonly Column[] | undefined;
    for (const path of splits.flatMap(({ paths }) => paths)) {
      const own = await columnsOf(path);
      if (columns === undefined) columns = own;
      else requireCast(columns, own, path);
    }
  } catch (error) {
    if (error instanceof PermanentError) return error;
    throw error;
  }
  return undefined;
}

async function columnsOf(path: string): Promise<readonly Column[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return (await openParquet({ size, read: (start, end) => readAt(file, start, end) }, path)).columns;
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw new Error('it became shorter while it was read');
    filled += bytesRead;
  }
  return bytes;
}
