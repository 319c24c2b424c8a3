/** What any file may unpack to, however short it is. In bytes. */
const FLOOR_BYTES = 64 * 1024 ** 2;
/** What a file may unpack to for each of its bytes. Texts that repeat themselves shrink to a tenth, seldom to a thirtieth. */
const RATIO = 100;
/** What an entry of a column, and a row, take beside their bytes: as much time as this many bytes of text. */
const ENTRY_BYTES = 20;
/** See {@link ENTRY_BYTES}. */
export const ROW_BYTES = 200;

/**
 * What a file may still unpack to. A page of a few bytes can hold millions of rows, or refer a million times to one long
 * text; time and memory are to stay in proportion to the bytes that somebody took the trouble to send.
 */
export class Budget {
  readonly #limit: number;
  #spent = 0;

  /** @param fileSize in bytes */
  constructor(fileSize: number) {
    this.#limit = FLOOR_BYTES + RATIO * fileSize;
  }

  /** Counts bytes, entries of columns and rows. Throws Error where they are too many for a file of that size. */
  spend({ bytes = 0, entries = 0, rows = 0 }: { bytes?: number; entries?: number; rows?: number }): void {
    this.#spent += bytes + entries * ENTRY_BYTES + rows * ROW_BYTES;
    if (this.#spent > this.#limit)
      throw new Error(`it unpacks to more than ${this.#limit} bytes, which is no proportion to its size`);
  }
}
