import { messageOf, PermanentError } from '../errors/errors.ts';
import { loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';

/** Rows of a file, and whether they came as JSON lines, which Arrow reads: it takes texts in the form of a moment for one. */
export interface JsonRows {
  readonly rows: readonly PyDict[];
  readonly lines: boolean;
}

/**
 * Reads JSON lines, or one list of objects (under `field`, where the definition names one), as `datasets` does.
 * @throws PermanentError DatasetInvalid naming the line or the row that is none
 */
export function jsonRows(name: string, text: string, field: string | null): JsonRows {
  const source = text.replace(/^\uFEFF/, '');
  if (field !== null) return { rows: rowsOf(name, inField(name, parse(name, source), field)), lines: false };
  if (/^\s*\[/.test(source)) return { rows: rowsOf(name, parse(name, source)), lines: false };
  return { rows: linesOf(name, source), lines: true };
}

function linesOf(name: string, source: string): PyDict[] {
  const rows: PyDict[] = [];
  // An object may run over several lines: what does not parse is tried with the lines after it.
  let open = '';
  let first = 0;
  for (const [at, line] of source.split('\n').entries()) {
    if (open === '' && line.trim() === '') continue;
    if (open === '') first = at + 1;
    open += `${line}\n`;
    if (!line.trimEnd().endsWith('}')) continue;
    const value = tryParse(open);
    if (value === undefined) continue;
    if (!isDict(value)) throw invalid(name, `line ${first} is no object`);
    rows.push(value);
    open = '';
  }
  if (open === '') return rows;
  parse(`${name}, from line ${first} on`, open);
  throw invalid(name, `line ${first} is no object`);
}

function tryParse(text: string): PyValue | undefined {
  try {
    return loads(text);
  } catch {
    return undefined;
  }
}

function parse(name: string, text: string): PyValue {
  try {
    return loads(text);
  } catch (error) {
    throw invalid(name, `it is no JSON (${messageOf(error)})`);
  }
}

function inField(name: string, value: PyValue, field: string): PyValue {
  const inside = isDict(value) ? value.get(field) : undefined;
  if (inside !== undefined) return inside;
  throw invalid(name, `it has no field ${JSON.stringify(field)}`);
}

/** A list of objects; of texts, which become the column `text`; or an object of columns. */
function rowsOf(name: string, value: PyValue): PyDict[] {
  if (Array.isArray(value)) {
    const texts = value.every((item) => typeof item === 'string');
    return value.map((item, at) => {
      if (texts) return new Map([['text', item]]);
      if (isDict(item)) return item;
      throw invalid(name, `item ${at} of its list is no object`);
    });
  }
  const columns = isDict(value) ? [...value] : [];
  const length = Array.isArray(columns[0]?.[1]) ? columns[0][1].length : -1;
  if (length < 0 || columns.some(([, items]) => !Array.isArray(items) || items.length !== length)) {
    throw invalid(name, 'it is neither a list of objects nor an object of equally long lists');
  }
  return Array.from(
    { length },
    (_, at) => new Map(columns.map(([key, items]) => [key, Array.isArray(items) ? (items[at] ?? null) : null])),
  );
}

function invalid(name: string, why: string): PermanentError {
  return new PermanentError('DatasetInvalid', `${name}: ${why}. Correct the file and stage it again.`);
}
