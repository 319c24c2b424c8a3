import { parse } from 'csv-parse/sync';
import { messageOf, PermanentError } from '../errors/errors.ts';
import type { PyDict, PyValue } from '../python/value.ts';

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
const FLOAT = /^\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf|Inf|INF|infinity|Infinity)\s*$/;
const BOOL = new Set(['True', 'TRUE', 'true', 'False', 'FALSE', 'false']);

/**
 * Reads CSV with a header, its columns' types found as pandas finds them, which `datasets` reads CSV with: ints, floats (also ints
 * with cells missing), truth values, else text.
 * @throws PermanentError DatasetInvalid naming the file and what is wrong
 */
export function csvRows(name: string, text: string, delimiter: string): PyDict[] {
  let records: string[][];
  try {
    records = parse(text, { bom: true, delimiter, relax_column_count: true, skip_empty_lines: true });
  } catch (error) {
    throw invalid(name, messageOf(error));
  }
  const [header, ...rows] = records;
  if (header === undefined) throw invalid(name, 'it is empty');
  const names = unique(header);
  const long = rows.findIndex(({ length }) => length > names.length);
  if (long >= 0) throw invalid(name, `row ${long + 1} has ${rows[long]?.length} cells, and the header ${names.length}`);
  const columns = names.map((column, at) =>
    valuesOf(
      name,
      column,
      rows.map((row) => row[at] ?? ''),
    ),
  );
  return rows.map(
    (_, row) => new Map<PyValue, PyValue>(names.map((column, at) => [column, columns[at]?.[row] ?? null])),
  );
}

function unique(header: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return header.map((cell, at) => {
    const name = cell === '' ? `Unnamed: ${at}` : cell;
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}.${count}`;
  });
}

function valuesOf(file: string, column: string, cells: readonly string[]): PyValue[] {
  const present = cells.filter((cell) => !MISSING.has(cell));
  const whole = present.length === cells.length;
  if (present.every((cell) => INT.test(cell)) && present.length > 0) {
    const ints = cells.map((cell) => (MISSING.has(cell) ? null : BigInt(cell.trim().replace(/^\+/, ''))));
    if (ints.some((int) => int !== null && BigInt.asIntN(64, int) !== int)) {
      throw invalid(file, `column ${JSON.stringify(column)} holds ints of more than 64 bits`);
    }
    return whole ? ints : ints.map((int) => (int === null ? null : Number(int)));
  }
  if (present.every((cell) => FLOAT.test(cell))) {
    return cells.map((cell) => (MISSING.has(cell) ? null : floatOf(cell.trim())));
  }
  if (present.every((cell) => BOOL.has(cell))) {
    return cells.map((cell) => (MISSING.has(cell) ? null : cell.toLowerCase() === 'true'));
  }
  return cells.map((cell) => (MISSING.has(cell) ? null : cell));
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
