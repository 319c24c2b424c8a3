import type { Leaf } from './schema.ts';

/** What any file may unpack to, however short it is: the same long passage in a hundred rows, or half a million rows of NULL. In bytes. */
const FLOOR_BYTES = 96 * 1024 ** 2;
/**
 * What a file may unpack to for each of its bytes up to a megabyte, and beyond. Texts shrink to a tenth, seldom to a twentieth; where the
 * same long passage stands in many rows, once for each of its questions, to a fiftieth, and columns of labels to far less. What is
 * short is to be done in two seconds; longer files have the time that their bytes are worth.
 */
const RATIO = 64;
const SHORT_BYTES = 1024 ** 2;
const LONG_RATIO = 512;
/** The same for a single page, which is a megabyte, or one very long value; all of it is held at once, several times. */
const PAGE_FLOOR_BYTES = 16 * 1024 ** 2;
const PAGE_RATIO = 32;
/** No page is larger than this, whatever the file's size. */
const MAX_PAGE_BYTES = 256 * 1024 ** 2;
/** What an entry of a column takes beside its bytes, for each level that it lies deep; as time, in bytes of text that take as much. */
const LEVEL_BYTES = 16;
/** The same for a row. */
const ROW_BYTES = 150;

/**
 * What a file may still unpack to. A page of a few bytes can hold millions of rows, or refer a million times to one long
 * text; time and memory are to stay in proportion to the bytes that somebody took the trouble to send.
 */
export class UnpackBudget {
  /** What a page may unpack to, in bytes. */
  readonly pageBytes: number;
  readonly #limit: number;
  #spent = 0;

  /** @param fileSize in bytes */
  constructor(fileSize: number) {
    this.#limit =
      FLOOR_BYTES + RATIO * Math.min(SHORT_BYTES, fileSize) + LONG_RATIO * Math.max(0, fileSize - SHORT_BYTES);
    this.pageBytes = Math.min(MAX_PAGE_BYTES, PAGE_FLOOR_BYTES + PAGE_RATIO * fileSize);
  }

  /** Counts bytes, and rows. Throws Error where they are too many for a file of that size. */
  spend({ bytes = 0, rows = 0 }: { bytes?: number; rows?: number }): void {
    this.#spent += bytes + rows * ROW_BYTES;
    if (this.#spent <= this.#limit) return;
    throw new Error(`it unpacks to more than ${this.#limit} bytes, which is no proportion to its size`);
  }
}

/** Bytes to be counted for each entry of a leaf: what its place costs, and the names of fields that stand beside each of its values. */
export function entryBytes({ path }: Leaf): number {
  const [, ...levels] = path;
  const names = levels.slice(1).reduce((sum, { element }) => sum + element.name.length, 0);
  return levels.length * LEVEL_BYTES + names;
}
