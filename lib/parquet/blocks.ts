import type { PyValue } from '../python/value.ts';
import type { Entries, LeafCursor } from './rows.ts';

/** Entries of one leaf that were taken out of their pages, for a number of rows. */
export class EntryBlock implements Entries {
  readonly #definitions: number[] = [];
  readonly #repetitions: number[] = [];
  readonly #values: PyValue[] = [];
  #at = 0;

  /** Takes the next rows out of a cursor that holds them. */
  constructor(cursor: LeafCursor, rows: number) {
    for (let row = 0; row < rows; row++) {
      do {
        this.#definitions.push(cursor.definition);
        this.#repetitions.push(cursor.repetition);
        this.#values.push(cursor.take());
      } while (cursor.repetition > 0);
    }
  }

  /** Entries taken. */
  get length(): number {
    return this.#values.length;
  }

  get definition(): number {
    return this.#definitions[this.#at] ?? -1;
  }

  get repetition(): number {
    return this.#repetitions[this.#at] ?? 0;
  }

  take(): PyValue {
    return this.#values[this.#at++] ?? null;
  }
}
