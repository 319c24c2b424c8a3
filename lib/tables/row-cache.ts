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
  readonly #rows = new Map<string, { readonly row: Row; readonly chars: number; readonly until: number }>();
  readonly #maxChars: number;
  readonly #now: () => number;
  #chars = 0;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(maxChars = MAX_CHARS, now: () => number = () => performance.now()) {
    this.#maxChars = maxChars;
    this.#now = now;
  }

  /** Those of the rows that are known, by id; none where many are asked for. */
  find(table: string, ids: readonly number[]): Map<number, Row> {
    const found = new Map<number, Row>();
    if (ids.length > MAX_ASKED) return found;
    const now = this.#now();
    for (const id of ids) {
      const key = `${table}/${id}`;
      const known = this.#rows.get(key);
      if (known === undefined || known.until <= now) continue;
      found.set(id, known.row);
      // What was used last goes last: the first one is the next to be forgotten.
      this.#rows.delete(key);
      this.#rows.set(key, known);
    }
    return found;
  }

  /** Keeps rows that were asked for together. */
  keep(table: string, rows: ReadonlyMap<number, Row>): void {
    if (rows.size > MAX_ASKED) return;
    const until = this.#now() + KEPT_MS;
    for (const [id, row] of rows) {
      const chars = row.reduce((sum, cell) => sum + (cell?.length ?? 0), 100);
      if (chars > this.#maxChars / 10) continue;
      this.#forget(`${table}/${id}`);
      this.#rows.set(`${table}/${id}`, { row, chars, until });
      this.#chars += chars;
    }
    for (const key of this.#rows.keys()) {
      if (this.#chars <= this.#maxChars) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#chars -= this.#rows.get(key)?.chars ?? 0;
    this.#rows.delete(key);
  }
}
