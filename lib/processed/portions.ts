import { dumps } from '../python/json.ts';
import type { Doc, PyDict, PyValue } from '../python/value.ts';
import { tagged } from '../sandbox/tagged.ts';

/** A split's rows, as the data set has them. */
export interface SplitRows {
  readonly columns: readonly string[];
  /** As the runtime spells them; null where it has to look at the values. */
  readonly types: readonly PyValue[];
  /** By ascending `__id`, which is each row's first key. */
  rows(): AsyncIterable<readonly Doc[]>;
}

/** What is wanted of a split's documents. */
export interface SplitFields {
  readonly split: string;
  /** The fields whose functions are run on them. */
  readonly fields: readonly string[];
  /** Those of them that make an instance, in the harness's order: they get one and the same document. */
  readonly asked?: readonly string[];
}

/** Rows of a split that go out together, as text already. */
export interface Portion {
  readonly split: string;
  readonly columns: readonly string[];
  /** The fields whose functions are run on its documents. */
  readonly fields: readonly string[];
  readonly ids: readonly number[];
  readonly text: string;
  /** Whether it is all of its split. */
  readonly whole: boolean;
}

/** Characters of rows that a box takes at once with ease; a split with more goes through in portions, where it can. */
export const MAX_TEXT = 4_000_000;
/** Characters of one portion. */
const PORTION_TEXT = 1_500_000;
/** Rows of a portion: as many as `datasets` looks at together when it finds a column's type. */
const PORTION_ROWS = 1_000;

/** Cuts a split into portions: one of all rows where these have at most `max` characters. */
export async function* portionsOf(
  { split, fields, asked = [] }: SplitFields,
  rows: SplitRows,
  max = MAX_TEXT,
): AsyncGenerator<Portion> {
  let ids: number[] = [];
  let texts: RowText[] = [];
  let size = 0;
  let whole = true;
  const head = dumps(
    dictOf({
      columns: [...rows.columns],
      types: new Map(rows.columns.map((name, i) => [name, rows.types[i] ?? null])),
      fields: [...fields],
      asked: [...asked],
    }),
  );
  const take = (count: number): Portion => {
    const taken = texts.slice(0, count);
    // By columns: Python reads one long list faster than many short ones.
    const values = rows.columns.map((_, i) => `[${taken.map(({ cells }) => cells[i]).join(',')}]`);
    const text = `${head.slice(0, -1)}, "count": ${count}, "values": [${values.join(',')}]}`;
    const portion = { split, columns: rows.columns, fields, ids: ids.slice(0, count), text, whole };
    ids = ids.slice(count);
    texts = texts.slice(count);
    size = sizeOf(texts);
    return portion;
  };
  for await (const batch of rows.rows()) {
    for (const row of batch) {
      ids.push(Number(row.get('__id')));
      texts.push(rowText(row, rows));
      size += texts.at(-1)?.size ?? 0;
    }
    while (size > max) {
      whole = false;
      yield take(portionOf(texts));
    }
  }
  while (!whole && texts.length > 0) yield take(portionOf(texts));
  if (whole) yield take(texts.length);
}

/** Characters of a split's rows, as they would go out. Holds no more than a batch of them. */
export async function textOf(rows: SplitRows): Promise<number> {
  let size = 0;
  for await (const batch of rows.rows()) size += sizeOf(batch.map((row) => rowText(row, rows)));
  return size;
}

/** Makes a dict of an object's fields. */
export function dictOf(fields: Record<string, PyValue>): PyDict {
  return new Map(Object.entries(fields));
}

/** One row: the texts of its values, and how many characters they are with what stands between them. */
interface RowText {
  readonly cells: readonly string[];
  readonly size: number;
}

function rowText(row: Doc, { columns, types }: SplitRows): RowText {
  const cells = columns.map((name, i) => {
    const value = row.get(name) ?? null;
    return dumps(needsTags(types[i] ?? null) ? tagged(value) : value);
  });
  return { cells, size: cells.reduce((sum, { length }) => sum + length + 2, 0) };
}

function sizeOf(texts: readonly RowText[]): number {
  return texts.reduce((sum, { size }) => sum + size, 0);
}

function portionOf(texts: readonly RowText[]): number {
  let total = 0;
  let count = 0;
  for (const { size } of texts) {
    if (count > 0 && (total + size > PORTION_TEXT || count >= PORTION_ROWS)) break;
    total += size;
    count++;
  }
  return count;
}

/** Whether values of a column of that type cross with tags (`has_tags`, sampler_box/values.py). */
function needsTags(type: PyValue): boolean {
  if (type === null) return true;
  if (typeof type === 'string') return type === 'binary' || /^(date|time|dura)/.test(type);
  if (!Array.isArray(type)) return false;
  const [kind, content] = type;
  if (kind === 'list') return needsTags(content ?? null);
  if (kind === 'struct' && Array.isArray(content)) {
    return content.some((field) => Array.isArray(field) && needsTags(field[1] ?? null));
  }
  return kind === 'decimal';
}
