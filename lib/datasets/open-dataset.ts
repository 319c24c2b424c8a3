import { PermanentError } from '../errors/errors.ts';
import { type Column, commonType, describeType } from './column-type.ts';
import type { ObjectSource } from './object-source.ts';
import { openParquet, type ParquetFile } from './parquet.ts';
import type { StoredDataset } from './stored-dataset.ts';
import { openVerified } from './verified-file.ts';

/** Files up to this size are read once and kept, as long as all of them together stay below the other. */
const KEEP_FILE_BYTES = 8 * 1024 ** 2;
const KEEP_ALL_BYTES = 32 * 1024 ** 2;
/** Files that are opened at the same time. */
const PARALLEL = 6;

/** A data set whose files were all checked and agree on their columns. */
export interface OpenDataset {
  readonly columns: readonly Column[];
  readonly splits: readonly { split: string; files: readonly { name: string; file: ParquetFile }[] }[];
}

/**
 * Opens all files of a data set: sizes, hashes, footers, and the columns that they have in common. The order of columns
 * is the first file's.
 * @throws PermanentError DatasetMissing, DatasetInvalid
 * @throws TransientError Unavailable
 */
export async function openDataset(source: ObjectSource, dataset: StoredDataset): Promise<OpenDataset> {
  const files = dataset.splits.flatMap((split) => split.files);
  const opened = new Map<string, ParquetFile>();
  let kept = 0;
  const waiting = files.values();
  const work = async () => {
    for (const stored of waiting) {
      const keep = stored.size <= KEEP_FILE_BYTES && kept + stored.size <= KEEP_ALL_BYTES;
      if (keep) kept += stored.size;
      const bytes = await openVerified(source, stored, keep ? stored.size : -1);
      opened.set(stored.key, await openParquet(bytes, `${source.name}/${stored.key}`));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  let columns: readonly Column[] | undefined;
  const splits = dataset.splits.map(({ split, files: stored }) => ({
    split,
    files: stored.map(({ key }) => {
      const file = opened.get(key);
      if (file === undefined) throw new Error(`${key} was not opened`);
      columns = columns === undefined ? file.columns : mergeColumns(columns, file.columns, `${source.name}/${key}`);
      return { name: key.slice(dataset.prefix.length), file };
    }),
  }));
  return { columns: columns ?? [], splits };
}

function mergeColumns(columns: readonly Column[], others: readonly Column[], file: string): Column[] {
  const refuse = (problem: string) =>
    new PermanentError(
      'DatasetInvalid',
      `${file} does not fit the files before it: ${problem}. All splits of a data set must have the same columns.`,
      { context: { file } },
    );
  const types = new Map(others.map(({ name, type }) => [name, type]));
  const known = new Set(columns.map(({ name }) => name));
  const added = others.find(({ name }) => !known.has(name));
  if (added !== undefined) throw refuse(`it has a column ${JSON.stringify(added.name)}`);
  return columns.map(({ name, type }) => {
    const other = types.get(name);
    if (other === undefined) throw refuse(`it has no column ${JSON.stringify(name)}`);
    const common = commonType(type, other);
    if (common !== undefined) return { name, type: common };
    throw refuse(`its column ${JSON.stringify(name)} is ${describeType(other)} instead of ${describeType(type)}`);
  });
}
