import { type Entries, HeldEntries } from './entries.ts';
import type { LeafCursor } from './leaf-cursor.ts';
import { Memory } from './memory.ts';
import type { RowGroupPlace } from './metadata.ts';

/** Columns that are read beside each other. */
export const TURN_COLUMNS = 8;
/** What a block's rows take at most, where they are more than one: each block unpacks again what it shares with the one before. In bytes. */
const BLOCK_BYTES = 64 * 1024 ** 2;
/** What the block after a wrong guess is cut to, and what the next one is allowed. */
const AIM = 0.9;
/** What a value may take beside its bytes. */
const VALUE_BYTES = 8;

/** Rows of all columns, as they are in their pages but for what is around them. Good until the next block is asked for. */
interface Block {
  /** Of each leaf. */
  readonly entries: readonly Entries[];
  readonly rows: number;
  readonly rowBytes: number;
}

/** Cuts a row group with too many columns to be open at once into blocks of rows, reading some columns at a time. */
export class Blocks {
  readonly #memory = new Memory();
  readonly #at: (index: number, work: () => Promise<void>) => Promise<void>;

  /** @param at runs the work on a column; names it in what is thrown */
  constructor(at: (index: number, work: () => Promise<void>) => Promise<void>) {
    this.#at = at;
  }

  /** The blocks of a row group. */
  async *of(cursors: readonly LeafCursor[], { rows, chunks }: RowGroupPlace): AsyncGenerator<Block> {
    // The footer's word; where it is too little a block is begun again.
    const unpacked = chunks.reduce((sum, chunk) => sum + chunk.unpacked, 0);
    let size = sizeFor(unpacked / rows + VALUE_BYTES * chunks.length);
    for (let start = 0; start < rows; ) {
      const count = Math.min(rows - start, size);
      this.#memory.reset();
      const block = await this.#cut(cursors, count);
      if (block.done < cursors.length) {
        for (const cursor of cursors.slice(0, block.done)) cursor.rewind();
        size = Math.max(1, Math.floor(Math.min(count / 2, (AIM * count * block.done) / cursors.length)));
        continue;
      }
      for (const cursor of cursors) cursor.stay();
      const rowBytes = this.#memory.used / count + 1;
      yield { entries: block.entries, rows: count, rowBytes };
      start += count;
      size = Math.min(sizeFor(rowBytes), 4 * size);
    }
  }

  /** As many columns as there is room for. */
  async #cut(cursors: readonly LeafCursor[], rows: number): Promise<{ entries: Entries[]; done: number }> {
    const entries: Entries[] = [];
    let done = 0;
    while (done < cursors.length && (rows === 1 || this.#memory.used < BLOCK_BYTES)) {
      const turn = cursors.slice(done, done + TURN_COLUMNS);
      const first = done;
      await Promise.all(turn.map((cursor, index) => this.#at(first + index, () => cursor.fill(rows))));
      for (const cursor of turn) {
        const held = new HeldEntries(cursor.maxDefinition);
        for (const run of cursor.cut(rows, this.#memory)) held.hold(run);
        entries.push(held);
        cursor.park();
      }
      done += turn.length;
    }
    return { entries, done };
  }
}

function sizeFor(rowBytes: number): number {
  return Math.max(1, Math.floor((AIM * BLOCK_BYTES) / rowBytes));
}
