import type { ObjectSource } from '../bucket/object-source.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import type { TaskConfig } from '../catalogue/task-config.ts';
import { type OpenDataset, openDataset, verifyDataset } from '../datasets/open-dataset.ts';
import { requireSplits, type TaskSplits } from '../datasets/require-splits.ts';
import { type RowFilter, rowFilterFor } from '../datasets/row-filter.ts';
import { findDataset } from '../datasets/stored-dataset.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Column } from '../parquet/column-type.ts';
import type { ParquetFile } from '../parquet/parquet.ts';
import { type ClassNames, classNames } from '../processed/types.ts';
import type { Doc, PyValue } from '../python/value.ts';
import type { SplitInfo } from '../tables/table-info.ts';

/** A staged data set as the table that registering a task would make of it. */
export interface StagedTable {
  /** `<path>` or `<path> (<configuration>)`, for messages. */
  readonly name: string;
  /** Distinguishes this data from other data of the name, as the table's description does. */
  readonly version: string;
  readonly columns: readonly Column[];
  /** Names of the classes of columns that hold the number of one. */
  readonly classes: ClassNames;
  /** In the order of `__id`; splits without rows are not in it. */
  readonly splits: ReadonlyMap<string, SplitInfo>;
  /** The documents with these ids, found in one pass over the files that hold them. Ids that are nowhere are left out. */
  rows(ids: Iterable<number>): Promise<Map<number, Doc>>;
  /** All documents of a split by ascending `__id`, some hundred at a time. */
  stream(split: string): AsyncGenerator<Doc[]>;
  /** Checks all files against the hashes of the manifest. @throws PermanentError DatasetInvalid naming the file that differs. */
  verify(): Promise<void>;
}

/** One file of a split, and the ids of its rows where no filter leaves out any. */
interface FileRows {
  readonly name: string;
  readonly parquet: ParquetFile;
}

/**
 * Opens the staged data set of a task: the rows that registering it would load, under the same ids, without a database.
 * @param read what the task reads of it; refused where it is staged without it, as registering does
 * @throws PermanentError DatasetMissing, DatasetInvalid, BadTaskDefinition
 * @throws TransientError Unavailable
 */
export async function openStagedTable(
  source: ObjectSource,
  { name: task }: Pick<TaskEntry, 'name'>,
  { dataset_path: path, dataset_name: config }: Pick<TaskConfig, 'dataset_path' | 'dataset_name'>,
  read: TaskSplits = {},
): Promise<StagedTable> {
  const stored = await findDataset(source, path, config, task);
  requireSplits(stored, task, read);
  const dataset = await openDataset(source, stored);
  const filter = rowFilterFor(task);
  const ranges = await rangesOf(dataset, filter);
  const partsOf = (split: string) => dataset.splits.find((entry) => entry.split === split)?.files ?? [];

  async function* stream(split: string): AsyncGenerator<Doc[]> {
    const range = ranges.get(split);
    if (range === undefined) return;
    let id = range.min;
    for (const part of partsOf(split)) {
      for await (const batch of keptRows(part, split, filter)) {
        yield batch.map((values) => toDoc(id++, dataset.columns, part.parquet.columns, values));
      }
    }
  }

  async function rows(ids: Iterable<number>): Promise<Map<number, Doc>> {
    const wanted = [...new Set(ids)].sort((a, b) => a - b);
    const found = new Map<number, Doc>();
    for (const [split, { min, max }] of ranges) {
      const here = wanted.filter((id) => id >= min && id <= max);
      if (here.length > 0) await collect(split, min, here, found);
    }
    return found;
  }

  /** `wanted` ascends and lies in the split. Files without any of them are not read, where their ids are known without. */
  async function collect(
    split: string,
    min: number,
    wanted: readonly number[],
    found: Map<number, Doc>,
  ): Promise<void> {
    let id = min;
    let next = 0;
    for (const part of partsOf(split)) {
      const sought = wanted[next];
      if (sought === undefined) return;
      if (filter === undefined && sought >= id + part.parquet.rowCount) {
        id += part.parquet.rowCount;
        continue;
      }
      for await (const batch of keptRows(part, split, filter)) {
        for (let at = wanted[next]; at !== undefined && at < id + batch.length; at = wanted[++next]) {
          found.set(at, toDoc(at, dataset.columns, part.parquet.columns, batch[at - id] ?? []));
        }
        id += batch.length;
        if (next >= wanted.length) return;
      }
    }
  }

  return {
    name: config === null ? path : `${path} (${config})`,
    version: stored.version,
    columns: dataset.columns,
    classes: classNames(dataset.splits.flatMap(({ files }) => files)[0]?.parquet.notes.get('huggingface')),
    splits: ranges,
    rows,
    stream,
    verify: () => verifyDataset(source, dataset),
  };
}

/** Where each split's rows are: `__id` runs over all splits in order, over the rows that the filter keeps. */
async function rangesOf(dataset: OpenDataset, filter: RowFilter | undefined): Promise<Map<string, SplitInfo>> {
  const ranges = new Map<string, SplitInfo>();
  let min = 0;
  for (const { split, files } of dataset.splits) {
    let count = 0;
    for (const part of files) {
      if (filter === undefined) count += part.parquet.rowCount;
      else for await (const batch of keptRows(part, split, filter)) count += batch.length;
    }
    if (count > 0) ranges.set(split, { min, max: min + count - 1, count });
    min += count;
  }
  return ranges;
}

async function* keptRows(part: FileRows, split: string, filter: RowFilter | undefined): AsyncGenerator<PyValue[][]> {
  const column = part.parquet.columns.findIndex(({ name }) => name === filter?.column);
  if (filter !== undefined && column < 0) {
    throw new PermanentError(
      'DatasetInvalid',
      `${part.name} has no column ${JSON.stringify(filter.column)}, by which the tasks ${filter.name}_* choose their rows.`,
    );
  }
  for await (const batch of part.parquet.batches()) {
    yield filter === undefined ? batch : batch.filter((values) => filter.keeps(split, values[column] ?? null));
  }
}

/** As `readDocsByIds` gives it: `__id` first, then the columns in the data set's order. */
function toDoc(id: number, columns: readonly Column[], own: readonly Column[], values: readonly PyValue[]): Doc {
  const doc: Doc = new Map([['__id', BigInt(id)]]);
  for (const { name } of columns) {
    if (name === '__id') continue;
    const value = values[own.findIndex((column) => column.name === name)] ?? null;
    if (holdsNul(value)) {
      throw new PermanentError(
        'DatasetInvalid',
        `document ${id}, column ${JSON.stringify(name)}: the text holds a NUL character, which Postgres cannot store.`,
      );
    }
    doc.set(name, value);
  }
  return doc;
}

function holdsNul(value: PyValue): boolean {
  if (Array.isArray(value)) return value.some((item) => typeof item === 'string' && item.includes('\0'));
  return typeof value === 'string' && value.includes('\0');
}
