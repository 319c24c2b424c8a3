import type { PyValue } from '../python/value.ts';
import type { Entries, LeafCursor } from './rows.ts';

/** Entries of one leaf that were taken out of their pages, for a number of rows. */
export class EntryBlock implements Entries {
  readonly #values: PyValue[];
  readonly #definitions: Uint8Array | number[];
  /** None where every entry is a row. */
  readonly #repetitions: number[] | undefined;
  #at = 0;

  /** Takes the next rows out of a cursor that holds them. */
  constructor(cursor: LeafCursor, rows: number) {
    if (cursor.nested) {
      this.#values = [];
      this.#definitions = [];
      this.#repetitions = [];
      for (let row = 0; row < rows; row++) this.#takeNested(cursor, this.#definitions, this.#repetitions);
    } else {
      this.#values = new Array<PyValue>(rows);
      this.#definitions = new Uint8Array(rows);
      for (let row = 0; row < rows; row++) {
        this.#definitions[row] = cursor.definition;
        this.#values[row] = cursor.take();
      }
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
    return this.#repetitions?.[this.#at] ?? 0;
  }

  take(): PyValue {
    return this.#values[this.#at++] ?? null;
  }

  #takeNested(cursor: LeafCursor, definitions: number[], repetitions: number[]): void {
    do {
      definitions.push(cursor.definition);
      repetitions.push(cursor.repetition);
      this.#values.push(cursor.take());
    } while (cursor.repetition > 0);
  }
}
