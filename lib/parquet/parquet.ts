import { parquetSchema } from 'hyparquet';
import type { Compressors, FileMetaData, RowGroup } from 'hyparquet/src/types.js';
import { PermanentError, SamplerError } from '../errors/errors.ts';
import type { PyValue } from '../python/value.ts';
import type { Column } from './column-type.ts';
import { readFooter } from './footer.ts';
import { type ColumnChunk, columnChunk, type FileBytes, loadCompressors, PageReader, Window } from './pages.ts';
import { type RowGroupPlace, readStretches } from './read-ahead.ts';
import { columnReader, LeafCursor } from './rows.ts';
import { type Leaf, type ParquetSchema, readSchema } from './schema.ts';

/** What is read at a time of each column, of all of them together, where a row group is not read at once. */
const WINDOWS_BYTES = 3 * 1024 ** 2;
const MIN_WINDOW_BYTES = 64 * 1024;
const MAX_WINDOW_BYTES = 1024 ** 2;
/** A batch ends at this many rows, or at about this many bytes of them. */
const BATCH_ROWS = 256;
const BATCH_BYTES = 1024 ** 2;

/** An open parquet file. */
export interface ParquetFile {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** Rows of each row group, and its bytes before they were compressed. */
  readonly groups: readonly { readonly rows: number; readonly bytes: number }[];
  /**
   * The rows of all row groups, or of those from `from` up to, not including, `to`, in order and in batches; a row holds a value for each of `columns`. Holds a few pages of each column at a
   * time, never a whole row group.
   * @throws PermanentError DatasetInvalid where the file does not hold what it says
   */
  batches(from?: number, to?: number): AsyncGenerator<PyValue[][]>;
}

/**
 * Reads a parquet file's footer. `name` is for messages.
 * @throws PermanentError DatasetInvalid where the file is not parquet or has a schema without a form in Python
 */
export async function openParquet(file: FileBytes, name: string): Promise<ParquetFile> {
  const explain = (where: string, error: unknown) => {
    if (error instanceof SamplerError) return error;
    const message = `${name} can't be read${where}: ${reasonOf(error)}. Stage the data set again from a sound copy.`;
    return new PermanentError('DatasetInvalid', message, { cause: error, context: { file: name } });
  };
  let schema: ParquetSchema;
  let compressors: Compressors;
  let groups: RowGroupPlace[];
  try {
    const metadata = await readFooter(file);
    schema = readSchema(parquetSchema(metadata));
    compressors = await loadCompressors(codecsOf(metadata));
    groups = metadata.row_groups.map((group) => compact(group, schema.leaves, file.size));
  } catch (error) {
    throw explain('', error);
  }
  return {
    columns: schema.columns,
    rowCount: groups.reduce((sum, { rows }) => sum + rows, 0),
    groups,
    async *batches(from = 0, to = groups.length) {
      const windows = windowsFor(schema.leaves.length);
      let index = from;
      try {
        for await (const stretch of readStretches(file, groups.slice(from, to))) {
          for (const group of stretch.groups) {
            yield* rowGroupBatches(stretch.file, schema, group, compressors, windows);
            index++;
          }
        }
      } catch (error) {
        throw explain(`, row group ${index}`, error);
      }
    },
  };
}

function compact(group: RowGroup, leaves: readonly Leaf[], fileSize: number): RowGroupPlace {
  const rows = Number(group.num_rows);
  if (!(rows >= 0)) throw new Error(`a row group claims to hold ${rows} rows`);
  // A row group without rows need not have pages either.
  const chunks = rows === 0 ? [] : leaves.map((leaf) => chunkOf(group, leaf, fileSize));
  return { rows, bytes: Number(group.total_byte_size), chunks };
}

async function* rowGroupBatches(
  file: FileBytes,
  schema: ParquetSchema,
  { rows, bytes, chunks }: RowGroupPlace,
  compressors: Compressors,
  windows: readonly Window[],
): AsyncGenerator<PyValue[][]> {
  if (rows === 0) return;
  const cursors = schema.leaves.map((leaf, index) => {
    const chunk = chunks[index];
    const window = windows[index];
    if (chunk === undefined || window === undefined) throw new Error(`column ${index} is missing`);
    return new LeafCursor(new PageReader(file, leaf, chunk, compressors, window), leaf);
  });
  const readers = schema.nodes.map((node) => columnReader(node, cursors));
  const rowBytes = Math.max(1, bytes / rows);
  const size = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / rowBytes)));
  for (let start = 0; start < rows; start += size) {
    const count = Math.min(size, rows - start);
    await Promise.all(cursors.map((cursor, index) => fill(cursor, count, schema.leaves[index])));
    yield Array.from({ length: count }, (_, row) => readRow(readers, schema.columns, start + row));
  }
  if (!cursors.every((cursor) => cursor.done)) throw new Error(`a column holds more than its ${rows} rows`);
}

function readRow(readers: readonly (() => PyValue)[], columns: readonly Column[], row: number): PyValue[] {
  const values: PyValue[] = [];
  try {
    for (const read of readers) values.push(read());
  } catch (error) {
    const { name } = columns[values.length] ?? { name: '' };
    throw new Error(`row ${row} (from 0), column ${JSON.stringify(name)}: ${reasonOf(error)}`, { cause: error });
  }
  return values;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One for each column; small ones for many columns. */
function windowsFor(columns: number): Window[] {
  const share = Math.floor(WINDOWS_BYTES / Math.max(1, columns));
  const size = Math.max(MIN_WINDOW_BYTES, Math.min(MAX_WINDOW_BYTES, share));
  return Array.from({ length: columns }, () => new Window(size));
}

async function fill(cursor: LeafCursor, rows: number, leaf: Leaf | undefined): Promise<void> {
  try {
    await cursor.fill(rows);
  } catch (error) {
    if (error instanceof SamplerError) throw error;
    const name = leaf ? pathOf(leaf).join('.') : '';
    throw new Error(`column ${JSON.stringify(name)}: ${reasonOf(error)}`, { cause: error });
  }
}

function pathOf(leaf: Leaf): string[] {
  return leaf.path.slice(1).map(({ element }) => element.name);
}

function chunkOf(group: RowGroup, leaf: Leaf, fileSize: number): ColumnChunk {
  const { index } = leaf;
  const path = pathOf(leaf);
  const chunk = group.columns[index];
  const meta = chunk?.meta_data;
  if (meta === undefined || chunk?.crypto_metadata !== undefined)
    throw new Error(`column ${index} is missing or encrypted`);
  if (meta.path_in_schema.join('\0') !== path.join('\0')) throw new Error(`column ${index} is not ${path.join('.')}`);
  return columnChunk(meta, fileSize);
}

function codecsOf(metadata: FileMetaData): Set<string> {
  return new Set(metadata.row_groups.flatMap((group) => group.columns.map((column) => column.meta_data?.codec ?? '')));
}
