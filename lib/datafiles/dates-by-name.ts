import { PermanentError } from '../errors/errors.ts';
import type { PyDict, PyValue } from '../python/value.ts';

/** Names of columns that pandas takes for dates in a list of objects. */
const NAMES = /(_at|_time)$|^timestamp|^modified$|^date$/i;
/** Lower numbers are no dates to it: seconds of a year. */
const LEAST = 31_536_000;
/** Texts in which it may see a date; it takes `now` and `10:00` as well, which are another moment on each day. */
const DATE = /\d|^\s*(now|today)\s*$/i;

/**
 * Columns of a list of objects that pandas, which `datasets` reads lists with, may take for dates because of their name. What it makes of
 * their values depends on the day and on its parser of dates, and MongoDB has no form for it in documents.
 */
export class DatesByName {
  readonly #columns = new Map<string, { dates: boolean; any: boolean }>();

  /** Looks at another row of a list. */
  see(row: PyDict): void {
    for (const [key, value] of row) {
      const name = String(key);
      if (value === null || !NAMES.test(name)) continue;
      const column = this.#columns.get(name) ?? { dates: true, any: false };
      this.#columns.set(name, column);
      column.any = true;
      column.dates &&= mayBeDate(value);
    }
  }

  /** @throws PermanentError DatasetInvalid where all values of such a column may be dates */
  refuse(file: string): void {
    for (const [name, { dates, any }] of this.#columns) {
      if (!dates || !any) continue;
      throw new PermanentError(
        'DatasetInvalid',
        `${file}, column ${JSON.stringify(name)}: in a list of objects datasets takes a column of this name for dates, and makes other values of it. ` +
          'Give the column another name.',
      );
    }
  }
}

function mayBeDate(value: PyValue): boolean {
  if (typeof value === 'string') return value === '' || DATE.test(value);
  return (typeof value === 'bigint' || typeof value === 'number') && Number(value) > LEAST;
}
