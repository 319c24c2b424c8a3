import { PermanentError } from '../errors/errors.ts';
import type { PyDict, PyValue } from '../python/value.ts';
import { CsvTokens } from './csv-tokens.ts';
import { fileText } from './file-text.ts';

/** Cells that pandas takes for missing (`STR_NA_VALUES`). */
const MISSING = new Set([
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);
const INT = /^\s*[+-]?\d+\s*$/;
const FLOAT = /^\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)\s*$/i;
const BOOL = /^(?:true|false)$/i;

/** Shorter ints need no look at their bits. */
const SAFE_DIGITS = 15;

/** How the cells of a column are read. */
type CellType = 'null' | 'int' | 'float' | 'bool' | 'text';
/** A column as all of a file's cells have it. */
export interface CsvColumn {
  readonly name: string;
  readonly type: CellType;
}

/**
 * Goes through a CSV file with a header and finds its columns' types as pandas finds them, which `datasets` reads CSV with: ints,
 * floats (also ints with cells missing), truth values, else text.
 * @throws PermanentError DatasetInvalid naming the file and what is wrong
 */
export async function csvColumns(path: string, name: string, delimiter: string): Promise<CsvColumn[]> {
  let columns: { name: string; cells: Cells }[] | undefined;
  for await (const { header, cells } of records(path, name, delimiter)) {
    columns ??= header.map((column) => ({ name: column, cells: new Cells() }));
    for (const [at, { cells: seen }] of columns.entries()) if (cells !== null) seen.add(cells[at] ?? '');
  }
  return (columns ?? []).map(({ name: column, cells }) => {
    if (cells.type === 'int' && cells.long) {
      throw invalid(name, `column ${JSON.stringify(column)} holds ints of more than 64 bits`);
    }
    return { name: column, type: cells.type === 'int' && cells.missing ? 'float' : cells.type };
  });
}

/** The rows of a file whose columns are known, one at a time, and how many characters each has. */
export async function* csvRows(
  path: string,
  name: string,
  delimiter: string,
  columns: readonly CsvColumn[],
): AsyncGenerator<{ row: PyDict; chars: number }> {
  for await (const { cells } of records(path, name, delimiter)) {
    if (cells === null) continue;
    const row: PyDict = new Map();
    for (const [at, column] of columns.entries()) row.set(column.name, cellValue(cells[at] ?? '', column.type));
    yield { row, chars: cells.reduce((sum, cell) => sum + cell.length, 0) };
  }
}

/** The header with each row; once without one, so that a file of a header alone has its columns. */
async function* records(path: string, name: string, delimiter: string) {
  const refuse = (why: string) => invalid(name, why);
  let header: string[] | undefined;
  let row = 0;
  for await (const cells of tokens(path, delimiter, refuse)) {
    if (header === undefined) {
      header = unique(cells);
      yield { header, cells: null };
      continue;
    }
    row++;
    if (cells.length > header.length) {
      throw refuse(`row ${row} has ${cells.length} cells, and the header ${header.length}`);
    }
    yield { header, cells };
  }
  if (header === undefined) throw refuse('it is empty');
}

async function* tokens(path: string, delimiter: string, refuse: (why: string) => PermanentError) {
  const reader = new CsvTokens(delimiter, refuse);
  for await (const piece of fileText(path, refuse)) yield* reader.rows(piece);
  yield* reader.end();
}

/** Columns' names: those without one are numbered, and of equal ones the second is `name.1`, or the next that is free. */
function unique(header: readonly string[]): string[] {
  const names = header.map((cell, at) => (cell === '' ? `Unnamed: ${at}` : cell));
  const given = header.map((cell) => cell !== '');
  const counts = new Map<string, number>();
  // Names that are given come first, so that they stay as they are.
  const order = [...names.keys()].sort((a, b) => Number(given[b]) - Number(given[a]) || a - b);
  for (const at of order) {
    const name = names[at] ?? '';
    let free = name;
    let count = counts.get(name) ?? 0;
    while (count > 0) {
      counts.set(name, count + 1);
      free = `${name}.${count}`;
      count = names.includes(free) ? count + 1 : (counts.get(free) ?? 0);
    }
    names[at] = free;
    counts.set(free, count + 1);
  }
  return names;
}

/** What the cells of a column have been so far. */
class Cells {
  #ints = true;
  #floats = true;
  #bools = true;
  #present = false;
  missing = false;
  /** Whether one is an int of more than 64 bits. */
  long = false;

  add(cell: string): void {
    if (MISSING.has(cell)) {
      this.missing = true;
      return;
    }
    this.#present = true;
    this.#ints &&= INT.test(cell);
    this.#floats &&= FLOAT.test(cell);
    this.#bools &&= BOOL.test(cell);
    if (this.#ints && cell.length > SAFE_DIGITS) {
      const int = intOf(cell);
      this.long ||= BigInt.asIntN(64, int) !== int;
    }
  }

  get type(): CellType {
    if (!this.#present) return 'null';
    return this.#ints ? 'int' : this.#floats ? 'float' : this.#bools ? 'bool' : 'text';
  }
}

function cellValue(cell: string, type: CellType): PyValue {
  if (MISSING.has(cell)) return null;
  if (type === 'int') return intOf(cell);
  if (type === 'float') return INT.test(cell) ? Number(intOf(cell)) : floatOf(cell.trim());
  return type === 'bool' ? cell.toLowerCase() === 'true' : cell;
}

function intOf(cell: string): bigint {
  return BigInt(cell.trim().replace(/^\+/, ''));
}

function floatOf(text: string): number {
  return /inf/i.test(text)
    ? text.startsWith('-')
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY
    : Number(text);
}

function invalid(name: string, why: string): PermanentError {
  return new PermanentError('DatasetInvalid', `${name}: ${why}. Correct the file and stage it again.`);
}
