import { createHash } from 'node:crypto';
import { repr } from '../python/repr.ts';
import type { Doc, PyValue } from '../python/value.ts';

/** Longer values are known by their hash. */
const MAX_KEPT_CHARS = 64;

/**
 * What tells the rows of a split apart: columns of texts and whole numbers of which no two rows share a value, as those of ids and
 * mostly of questions are. A document that functions made anew, and that has such a value, was made of that row.
 */
export class RowKeys {
  /** The row of each value, by column. */
  readonly #columns: ReadonlyMap<string, ReadonlyMap<string, number>>;

  private constructor(columns: ReadonlyMap<string, ReadonlyMap<string, number>>) {
    this.#columns = columns;
  }

  /** Reads a split's rows once; keeps a short text for each value of the columns that tell them apart. */
  static async of(rows: AsyncIterable<readonly Doc[]>): Promise<RowKeys> {
    let columns: Map<string, Map<string, number>> | undefined;
    let row = 0;
    for await (const part of rows) {
      for (const doc of part) {
        columns ??= new Map([...doc.keys()].flatMap((name) => (name === '__id' ? [] : [[name, new Map()]])));
        for (const [name, values] of columns) {
          const key = keyOf(doc.get(name) ?? null);
          if (key === null || values.has(key)) columns.delete(name);
          else values.set(key, row);
        }
        row++;
      }
    }
    return new RowKeys(columns ?? new Map());
  }

  /** The row, counted from 0 in its split, that a document has such a value of; undefined where it has none. */
  rowOf(doc: Doc): number | undefined {
    for (const [name, values] of this.#columns) {
      const key = keyOf(doc.get(name) ?? null);
      const row = key === null ? undefined : values.get(key);
      if (row !== undefined) return row;
    }
    return undefined;
  }
}

/** What a value is known by; null for those that tell no rows apart. */
function keyOf(value: PyValue): string | null {
  if (typeof value !== 'string' && typeof value !== 'bigint') return null;
  const text = repr(value);
  return text.length > MAX_KEPT_CHARS ? createHash('sha256').update(text).digest('base64') : text;
}
