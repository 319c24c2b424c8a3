import type { PyValue } from '../python/value.ts';
import { Blocks, TURN_COLUMNS } from './blocks.ts';
import type { UnpackBudget } from './budget.ts';
import type { Column } from './column-type.ts';
import { LeafCursor } from './leaf-cursor.ts';
import type { RowGroupPlace } from './metadata.ts';
import { PageReader } from './pages.ts';
import { columnReader } from './rows.ts';
import { type Leaf, type ParquetSchema, pathOf } from './schema.ts';
import { type FileBytes, Window } from './window.ts';

/** What is read at a time of each column, of all of them together, where a row group is not read at once. */
const WINDOWS_BYTES = 3 * 1024 ** 2;
const MIN_WINDOW_BYTES = 64 * 1024;
const MAX_WINDOW_BYTES = 1024 ** 2;
/**
 * A batch ends at this many rows, or at about this many bytes of them. With more, ever more of a batch is copied whenever V8 looks for
 * garbage among young objects: 256 take a tenth more processor time.
 */
const BATCH_ROWS = 128;
const BATCH_BYTES = 1024 ** 2;
/** The first batch of a row group, by which the sizes of the others are judged. */
const FIRST_BATCH_ROWS = 16;
/** What a column that is being read holds at most in files as they are written: a dictionary and a page, of a megabyte each. */
const OPEN_COLUMN_BYTES = 2 * 1024 ** 2;
/** More than this is not held for all columns of a row group at once: they are read in turns then. */
const OPEN_BYTES = 64 * 1024 ** 2;
/** Values of a dictionary up to this size are kept once they were made, as they are likely to be wanted again. In bytes. */
const KEPT_DICTIONARY_BYTES = 256 * 1024;
/** The same for all columns together where they are read in turns. */
const KEPT_DICTIONARIES_BYTES = 8 * 1024 ** 2;

/** What reads row groups one after the other; memory is used again from one to the next. */
export class RowGroupReader {
  readonly #schema: ParquetSchema;
  readonly #budget: UnpackBudget;
  #windows: readonly Window[] = [];
  #blocks: Blocks | undefined;

  constructor(schema: ParquetSchema, budget: UnpackBudget) {
    this.#schema = schema;
    this.#budget = budget;
  }

  /**
   * The rows of a row group, in batches. A few pages of each column are held at a time; where that were too much, as there
   * are very many columns, they are read in turns for a block of rows. Throws Error where it does not hold what it says.
   */
  async *batches(file: FileBytes, group: RowGroupPlace): AsyncGenerator<PyValue[][]> {
    if (group.rows === 0) return;
    this.#budget.spend({ rows: group.rows });
    const open = group.chunks.reduce((sum, { unpacked }) => sum + Math.min(unpacked, OPEN_COLUMN_BYTES), 0);
    const inTurns = open > OPEN_BYTES;
    const cursors = this.#cursors(file, group, inTurns);
    yield* inTurns ? this.#inTurns(cursors, group) : this.#rows(cursors, group);
    for (const [index, cursor] of cursors.entries()) await this.#at(index, () => cursor.finish());
  }

  /** All columns at once. */
  async *#rows(cursors: readonly LeafCursor[], { rows }: RowGroupPlace): AsyncGenerator<PyValue[][]> {
    const { columns, nodes } = this.#schema;
    const readers = nodes.map((node) => columnReader(node, cursors));
    let size = FIRST_BATCH_ROWS;
    for (let start = 0; start < rows; ) {
      const count = Math.min(rows - start, size);
      await Promise.all(cursors.map((cursor, index) => this.#at(index, () => cursor.fill(count))));
      const rowBytes = cursors.reduce((sum, { entryBytes }) => sum + entryBytes, 1);
      yield Array.from({ length: count }, (_, row) => readRow(readers, columns, start + row));
      start += count;
      size = batchRows(rowBytes);
    }
  }

  /** Some columns at a time, for as many rows as can be held of all. */
  async *#inTurns(cursors: readonly LeafCursor[], group: RowGroupPlace): AsyncGenerator<PyValue[][]> {
    const { columns, nodes } = this.#schema;
    this.#blocks ??= new Blocks((index, work) => this.#at(index, work));
    let start = 0;
    for await (const { entries, rows, rowBytes } of this.#blocks.of(cursors, group)) {
      const readers = nodes.map((node) => columnReader(node, entries));
      const size = batchRows(rowBytes);
      for (let row = 0; row < rows; row += size) {
        const length = Math.min(size, rows - row);
        yield Array.from({ length }, (_, index) => readRow(readers, columns, start + row + index));
      }
      start += rows;
    }
  }

  #cursors(file: FileBytes, { chunks }: RowGroupPlace, inTurns: boolean): LeafCursor[] {
    const { leaves } = this.#schema;
    const wanted = inTurns ? Math.min(TURN_COLUMNS, leaves.length) : leaves.length;
    if (this.#windows.length < wanted) this.#windows = windowsFor(wanted);
    const kept = inTurns ? Math.floor(KEPT_DICTIONARIES_BYTES / leaves.length) : KEPT_DICTIONARY_BYTES;
    return leaves.map((leaf, index) => {
      const chunk = chunks[index];
      const window = this.#windows[index % wanted];
      if (chunk === undefined || window === undefined) throw new Error(`column ${index} is missing`);
      return new LeafCursor(new PageReader(file, leaf, chunk, window, this.#budget, kept), leaf);
    });
  }

  /** Names the column in what is thrown. */
  async #at(index: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw inColumn(this.#schema.leaves[index], error);
    }
  }
}

function inColumn(leaf: Leaf | undefined, error: unknown): unknown {
  // Errors of S3 are not the column's.
  if (!(error instanceof Error) || 'permanent' in error) return error;
  const name = leaf ? pathOf(leaf).join('.') : '';
  return new Error(`column ${JSON.stringify(name)}: ${error.message}`, { cause: error });
}

function readRow(readers: readonly (() => PyValue)[], columns: readonly Column[], row: number): PyValue[] {
  const values: PyValue[] = [];
  try {
    for (const read of readers) values.push(read());
  } catch (error) {
    const { name } = columns[values.length] ?? { name: '' };
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`row ${row} (from 0), column ${JSON.stringify(name)}: ${reason}`, { cause: error });
  }
  return values;
}

function batchRows(rowBytes: number): number {
  return Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / rowBytes)));
}

/** One for each column that is read at the same time; small ones for many columns. */
function windowsFor(columns: number): Window[] {
  const share = Math.floor(WINDOWS_BYTES / Math.max(1, columns));
  const size = Math.max(MIN_WINDOW_BYTES, Math.min(MAX_WINDOW_BYTES, share));
  return Array.from({ length: columns }, () => new Window(size));
}
