import { HeldEntries } from './entries.ts';
import type { EntryRun, PagePlace, PageReader } from './pages.ts';
import type { Leaf } from './schema.ts';

/** Where to go on in a column: a page, of which so many entries and values were taken. */
interface Mark {
  readonly place: PagePlace;
  readonly entry: number;
  readonly value: number;
}

/** The entries of one leaf of a row group. Holds only the pages that the rows asked for need. */
export class LeafCursor extends HeldEntries {
  readonly #reader: PageReader;
  /** Whether a row can have more than one entry. */
  readonly nested: boolean;
  #exhausted = false;
  /** Rows that begin in the pages held, from the current entry on. */
  #begun = 0;
  #stayed: Mark;
  /** Where it is parked: what to leave out of the page that is read next. */
  #skip: Mark | undefined;

  constructor(reader: PageReader, leaf: Leaf) {
    super(leaf.maxDefinition);
    this.#reader = reader;
    this.#stayed = { place: reader.place, entry: 0, value: 0 };
    this.nested = leaf.maxRepetition > 0;
  }

  /** Reads pages until `rows` whole rows are held, or the chunk ends. */
  async fill(rows: number): Promise<void> {
    // The last row of a page may go on in the next one.
    while (!this.#exhausted && this.#begun - (this.nested ? 1 : 0) < rows) {
      const page = await this.#reader.next();
      if (page === undefined) this.#exhausted = true;
      else {
        const { entry, value } = this.#skip ?? { entry: 0, value: 0 };
        this.#skip = undefined;
        this.#begun += countRows(page, entry);
        this.hold(page, entry, value);
      }
    }
    if (this.#begun < rows) throw new Error(`it holds ${this.#begun} rows where ${rows} should follow`);
    this.#begun -= rows;
  }

  /** Lets go of all that is held; the next rows are read from where these end. */
  park(): void {
    const { runs, entry, value } = this.held;
    const place = runs[0]?.place;
    this.#goTo(place ? { place, entry, value } : { place: this.#reader.place, entry: 0, value: 0 });
  }

  /** Goes back to where it stayed last, or to the beginning. */
  rewind(): void {
    this.#goTo(this.#stayed);
  }

  /** Where it is parked is where it comes back to. */
  stay(): void {
    this.#stayed = this.#skip ?? this.#stayed;
  }

  #goTo(mark: Mark): void {
    this.drop();
    this.#reader.goTo(mark.place);
    this.#skip = mark;
    this.#begun = 0;
    this.#exhausted = false;
  }

  /** Bytes that an entry of the pages held takes, about. */
  get entryBytes(): number {
    let bytes = 0;
    let entries = 0;
    for (const run of this.held.runs) {
      bytes += run.bytes;
      entries += run.count;
    }
    return entries === 0 ? 0 : bytes / entries;
  }

  /** Throws Error where there is more than what was taken. */
  async finish(): Promise<void> {
    if (!this.done) throw new Error('it holds more than its rows');
    await this.#reader.finish();
  }

  /** Whether every entry was taken. */
  get done(): boolean {
    return this.definition < 0 && this.#begun === 0 && this.#reader.done;
  }
}

/** Rows that begin in a page, from an entry on. */
function countRows({ count, repetitions }: EntryRun, from: number): number {
  if (repetitions === undefined) return count - from;
  let rows = 0;
  for (let entry = from; entry < count; entry++) if (repetitions[entry] === 0) rows++;
  return rows;
}
