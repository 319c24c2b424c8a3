import { messageOf, PermanentError } from '../errors/errors.ts';
import { loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { tooBigForArrow } from './arrow-numbers.ts';
import { fileText } from './file-text.ts';
import { itemsIn, MAX_VALUE, memberIn, type Refuse, type ValueText, valuesIn } from './json-values.ts';
import type { Reader } from './kind.ts';

/** A row of a file, and what reads such a file for `datasets`: Arrow JSON lines, pandas a list. */
export interface JsonRow {
  readonly row: PyDict;
  readonly reader: Reader;
  /** How much text it was made of. */
  readonly chars: number;
}

/**
 * Reads JSON lines, or one list of objects or texts, or an object of columns (under `field`, where the definition names one), as
 * `datasets` does. One row at a time is in memory; an object of columns is as a whole.
 * @throws PermanentError DatasetInvalid naming the line or the row that is none
 */
export async function* jsonRows(path: string, name: string, field: string | null): AsyncGenerator<JsonRow> {
  const refuse = (why: string) => invalid(name, why);
  const file = fileText(path, refuse);
  const [first, pieces] = await peek(field === null ? file : memberIn(file, field, refuse), refuse);
  if (first === '[') yield* listed(pieces, refuse);
  else if (field === null) yield* lined(pieces, refuse);
  else if (first === '{') yield* columns(pieces, refuse);
  else throw refuse(`its field ${JSON.stringify(field)} is neither a list of objects nor an object of lists`);
}

async function* lined(pieces: AsyncIterable<string>, refuse: Refuse): AsyncGenerator<JsonRow> {
  for await (const value of valuesIn(pieces, refuse)) {
    const row = parsed(value, refuse);
    if (!isDict(row)) throw refuse(`line ${value.line} is no object`);
    const tooBig = tooBigForArrow(value.text);
    if (tooBig !== undefined)
      throw refuse(`line ${value.line}: the number ${tooBig.slice(0, 40)} is too big for a float`);
    yield { row, reader: 'arrow', chars: value.text.length };
  }
}

/** A list of objects, or of plain values, which become the column `text`. */
async function* listed(pieces: AsyncIterable<string>, refuse: Refuse): AsyncGenerator<JsonRow> {
  let at = 0;
  let plain = false;
  for await (const value of itemsIn(pieces, refuse)) {
    const item = withoutNaN(parsed(value, refuse));
    const isPlain = !isDict(item) && !Array.isArray(item);
    if (at === 0) plain = isPlain;
    const row = plain && isPlain ? new Map<PyValue, PyValue>([['text', item]]) : item;
    if (!isDict(row) || plain !== isPlain) {
      throw refuse(`item ${at} of its list is ${plain ? 'no plain value, as those before' : 'no object'}`);
    }
    yield { row, reader: 'pandas', chars: value.text.length };
    at++;
  }
}

async function* columns(pieces: AsyncIterable<string>, refuse: Refuse): AsyncGenerator<JsonRow> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length > MAX_VALUE)
      throw refuse(`its columns have more than ${MAX_VALUE} characters; make it a list of objects`);
  }
  const value = withoutNaN(parsed({ text, line: 1 }, refuse));
  const entries = isDict(value) ? [...value] : [];
  const length = Array.isArray(entries[0]?.[1]) ? entries[0][1].length : -1;
  if (length < 0 || entries.some(([, items]) => !Array.isArray(items) || items.length !== length)) {
    throw refuse('it is neither a list of objects nor an object of equally long lists');
  }
  for (let at = 0; at < length; at++) {
    const cells = entries.map(([key, items]): [PyValue, PyValue] => [
      key,
      Array.isArray(items) ? (items[at] ?? null) : null,
    ]);
    yield { row: new Map(cells), reader: 'pandas', chars: text.length / length };
  }
}

/** NaN is a missing value to pandas, at whichever depth. */
function withoutNaN(value: PyValue): PyValue {
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (Array.isArray(value)) return value.map(withoutNaN);
  return isDict(value) ? new Map([...value].map(([key, item]) => [key, withoutNaN(item)])) : value;
}

function parsed({ text, line }: ValueText, refuse: Refuse): PyValue {
  try {
    return loads(text);
  } catch (error) {
    throw refuse(`from line ${line} on it is no JSON (${messageOf(error)})`);
  }
}

/** The first character that is no blank, and the pieces from the start. */
async function peek(pieces: AsyncGenerator<string>, refuse: Refuse): Promise<[string, AsyncGenerator<string>]> {
  const blank: string[] = [];
  let length = 0;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    blank.push(next.value);
    const first = next.value.trimStart()[0];
    if (first !== undefined) return [first, joined(blank, pieces)];
    length += next.value.length;
    if (length > MAX_VALUE) throw refuse(`it begins with more than ${MAX_VALUE} blanks`);
  }
  return ['', joined(blank, pieces)];
}

async function* joined(before: readonly string[], after: AsyncGenerator<string>): AsyncGenerator<string> {
  yield* before;
  yield* after;
}

function invalid(name: string, why: string): PermanentError {
  return new PermanentError('DatasetInvalid', `${name}: ${why}. Correct the file and stage it again.`);
}
