import pMap from 'p-map';
import type { ObjectSource } from '../bucket/object-source.ts';
import { PermanentError } from '../errors/errors.ts';
import { castTo } from '../parquet/cast-value.ts';
import { type Column, describeType } from '../parquet/column-type.ts';
import { openParquet, type ParquetFile } from '../parquet/parquet.ts';
import type { StoredDataset, StoredFile } from './stored-dataset.ts';
import { type OpenedFile, openStored, verifyFile } from './verified-file.ts';

/** Files up to this size are read once and kept, as long as all of them together stay below the other. */
const KEEP_FILE_BYTES = 1024 ** 2;
const KEEP_ALL_BYTES = 8 * 1024 ** 2;
/** Files that are opened at the same time. */
const PARALLEL = 6;

/** A file of a data set whose footer was read. */
export interface DatasetFile {
  /** For messages: `train/0000.parquet`. */
  readonly name: string;
  readonly stored: StoredFile;
  readonly bytes: OpenedFile;
  readonly parquet: ParquetFile;
}

/** A data set whose footers were read, and whose files agree on their columns. */
export interface OpenDataset {
  readonly columns: readonly Column[];
  readonly splits: readonly { split: string; files: readonly DatasetFile[] }[];
}

/**
 * Opens all files of a data set: sizes, footers, and the columns that they have in common. The order of columns is the
 * first file's. Hashes of longer files are left to {@link verifyDataset}.
 * @throws PermanentError DatasetMissing, DatasetInvalid
 * @throws TransientError Unavailable
 */
export async function openDataset(source: ObjectSource, dataset: StoredDataset): Promise<OpenDataset> {
  const opened = new Map<string, DatasetFile>();
  let kept = 0;
  const open = async (stored: StoredFile) => {
    const keep = stored.size <= KEEP_FILE_BYTES && kept + stored.size <= KEEP_ALL_BYTES;
    if (keep) kept += stored.size;
    opened.set(stored.key, await openFile(source, stored, dataset.prefix, keep ? stored.size : -1));
  };
  const files = dataset.splits.flatMap((split) => split.files);
  await pMap(files, open, { concurrency: PARALLEL });
  let columns: readonly Column[] | undefined;
  const splits = dataset.splits.map(({ split, files: stored }) => ({
    split,
    files: stored.map(({ key }) => {
      const file = opened.get(key);
      if (file === undefined) throw new Error(`${key} was not opened`);
      const { parquet } = file;
      if (columns === undefined) columns = parquet.columns;
      else requireCast(columns, parquet.columns, `${source.name}/${key}`);
      return file;
    }),
  }));
  return { columns: columns ?? [], splits };
}

/** Opens one file; at most `keepBytes` of it are kept in memory. @throws as {@link openDataset} */
export async function openFile(
  source: ObjectSource,
  stored: StoredFile,
  prefix: string,
  keepBytes: number,
): Promise<DatasetFile> {
  const bytes = await openStored(source, stored, keepBytes);
  const parquet = await openParquet(bytes, `${source.name}/${stored.key}`);
  return { name: stored.key.slice(prefix.length), stored, bytes, parquet };
}

/**
 * Reads through those files whose hashes nobody vouched for yet.
 * @throws PermanentError DatasetInvalid where a file is not the one that the manifest means
 * @throws TransientError Unavailable
 */
export async function verifyDataset(source: ObjectSource, { splits }: OpenDataset): Promise<void> {
  for (const { stored, bytes } of splits.flatMap(({ files }) => files)) await verifyFile(source, stored, bytes);
}

/**
 * Whether a file's rows can become rows of the first one's columns, which is what `datasets` casts all others to: columns by name, one that
 * is missing is NULL. Single values may still not fit, which is reported when they are loaded.
 * @throws PermanentError DatasetInvalid naming the file, the column and both types
 */
export function requireCast(columns: readonly Column[], others: readonly Column[], file: string): void {
  const refuse = (problem: string) =>
    new PermanentError(
      'DatasetInvalid',
      `${file} does not fit the files before it: ${problem}. The first file of a data set decides which columns all have.`,
      { context: { file } },
    );
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  for (const { name, type } of others) {
    const wanted = types.get(name);
    if (wanted === undefined) throw refuse(`it has a column ${JSON.stringify(name)}`);
    if (castTo(wanted, type) !== undefined) continue;
    throw refuse(`its column ${JSON.stringify(name)} is ${describeType(type)} instead of ${describeType(wanted)}`);
  }
}
