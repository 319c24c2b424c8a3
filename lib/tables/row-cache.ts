import { RecentlyUsed } from '../cache/recently-used.ts';

/** A row as Postgres gave it: the text of each cell. */
export type Row = readonly (string | null)[];

/** Characters of rows that are kept, in all. */
const MAX_CHARS = 4_000_000;
/** Whoever asks for more rows at once asks for each of them once; they would only displace others. */
const MAX_ASKED = 64;
/**
 * A row that somebody mended in its place is read anew after this long at most, in every process. What is rendered of it may be
 * kept as long again: a minute together.
 */
const KEPT_MS = 30_000;

/**
 * Rows of tables that were read last, as many as have room. We never change a table's rows: another version of a data set is
 * another table, with another oid. An operator may, so none is kept for longer than half a minute. Kept as text, since
 * what becomes of them is handed to templates, which may change it.
 */
export class RowCache {
  readonly #rows: RecentlyUsed<Row>;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(maxChars = MAX_CHARS, now?: () => number) {
    this.#rows = new RecentlyUsed({ chars: maxChars, charsOfOne: maxChars / 10, ms: KEPT_MS, ...(now && { now }) });
  }

  /** Those of the rows that are known, by id; none where many are asked for. */
  find(table: string, ids: readonly number[]): Map<number, Row> {
    const found = new Map<number, Row>();
    if (ids.length > MAX_ASKED) return found;
    for (const id of ids) {
      const row = this.#rows.get(`${table}/${id}`);
      if (row !== undefined) found.set(id, row);
    }
    return found;
  }

  /** Keeps rows that were asked for together. */
  keep(table: string, rows: ReadonlyMap<number, Row>): void {
    if (rows.size > MAX_ASKED) return;
    for (const [id, row] of rows) {
      const chars = row.reduce((sum, cell) => sum + (cell?.length ?? 0), 100);
      this.#rows.set(`${table}/${id}`, row, chars);
    }
  }
}
