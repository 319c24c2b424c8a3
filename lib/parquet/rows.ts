import { PyTuple, type PyValue } from '../python/value.ts';
import type { Page, PageReader } from './pages.ts';
import type { Leaf, Node } from './schema.ts';

/** The entries of a leaf, one after the other: `definition`, `repetition` and, where it is there, the value of the current one. */
export interface Entries {
  /** -1 behind the last one. */
  readonly definition: number;
  readonly repetition: number;
  /** The value of the current entry, null where it is not there; goes on to the next. */
  take(): PyValue;
}

/** The entries of one leaf of a row group. Holds only the pages that the rows asked for need. */
export class LeafCursor implements Entries {
  readonly #reader: PageReader;
  readonly #maxDefinition: number;
  /** Whether a row can have more than one entry. */
  readonly nested: boolean;
  readonly #pages: Page[] = [];
  #exhausted = false;
  /** Rows that begin in the pages held, from the current entry on. */
  #begun = 0;
  #page: Page | undefined;
  #entry = 0;
  #value = 0;
  #parked: { readonly entry: number; readonly value: number } | undefined;
  definition = -1;
  repetition = 0;

  constructor(reader: PageReader, leaf: Leaf) {
    this.#reader = reader;
    this.#maxDefinition = leaf.maxDefinition;
    this.nested = leaf.maxRepetition > 0;
  }

  /** Reads pages until `rows` whole rows are held, or the chunk ends. */
  async fill(rows: number): Promise<void> {
    // The last row of a page may go on in the next one.
    while (!this.#exhausted && this.#begun - (this.nested ? 1 : 0) < rows) {
      const page = await this.#reader.next();
      if (page === undefined) this.#exhausted = true;
      else {
        this.#pages.push(page);
        this.#begun += countRows(page, this.#parked?.entry ?? 0);
        this.#resume(page);
      }
    }
    if (this.#begun < rows) throw new Error(`it holds ${this.#begun} rows where ${rows} should follow`);
    this.#begun -= rows;
    if (this.#page === undefined) this.#turn();
  }

  /** Lets go of all that is held; the next rows are read from where these end. */
  park(): void {
    this.#parked = this.#page && { entry: this.#entry, value: this.#value };
    this.#reader.forget(this.#page);
    this.#pages.length = 0;
    this.#page = undefined;
    this.#begun = 0;
    this.#exhausted = false;
  }

  /** Bytes that an entry of the pages held takes, about. */
  get entryBytes(): number {
    let bytes = 0;
    let entries = 0;
    for (const page of [this.#page, ...this.#pages]) {
      bytes += page?.bytes ?? 0;
      entries += page?.count ?? 0;
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
    return this.#page === undefined && this.#begun === 0 && this.#reader.done;
  }

  take(): PyValue {
    const page = this.#page;
    if (page === undefined) throw new Error('it ends in the middle of a row');
    const value = this.definition === this.#maxDefinition ? page.values(this.#value++) : null;
    this.#entry++;
    if (this.#entry < page.count) this.#look(page);
    else this.#turn();
    return value;
  }

  /** Goes on within the first page after a pause. */
  #resume(page: Page): void {
    if (this.#parked === undefined) return;
    this.#pages.shift();
    this.#page = page;
    this.#entry = this.#parked.entry;
    this.#value = this.#parked.value;
    this.#parked = undefined;
    this.#look(page);
  }

  #turn(): void {
    this.#entry = 0;
    this.#value = 0;
    do {
      this.#page = this.#pages.shift();
    } while (this.#page?.count === 0);
    if (this.#page !== undefined) this.#look(this.#page);
    else {
      this.definition = -1;
      this.repetition = 0;
    }
  }

  #look(page: Page): void {
    this.definition = page.definitions?.[this.#entry] ?? this.#maxDefinition;
    this.repetition = page.repetitions?.[this.#entry] ?? 0;
  }
}

/**
 * A function that reads the next value of a column each time it is called; the cursors must have been filled. Throws Error then where
 * leaves of one struct or list do not agree on what is there.
 */
export function columnReader(node: Node, cursors: readonly Entries[]): () => PyValue {
  const read = nodeReader(node, cursors);
  if (node.kind === 'leaf') return read;
  const mine = leavesOf(node).map((leaf) => cursor(cursors, leaf));
  return () => {
    for (const { repetition } of mine) if (repetition !== 0) throw new Error('it goes on with a row that has ended');
    return read();
  };
}

function nodeReader(node: Node, cursors: readonly Entries[]): () => PyValue {
  const [first, ...others] = leavesOf(node).map((leaf) => cursor(cursors, leaf));
  if (first === undefined) throw new Error('a column without leaves');
  if (node.kind === 'leaf') return () => first.take();
  const { definition } = node;
  const skip = () => {
    first.take();
    for (const leaf of others) leaf.take();
  };
  const read = groupReader(node, cursors, [first, ...others], skip);
  return () => {
    const there = first.definition >= definition;
    for (const leaf of others) if (leaf.definition >= definition !== there) throw disagreement();
    if (there) return read();
    skip();
    return null;
  };
}

function groupReader(
  node: Exclude<Node, { kind: 'leaf' }>,
  cursors: readonly Entries[],
  [first, ...others]: [Entries, ...Entries[]],
  skip: () => void,
): () => PyValue {
  if (node.kind === 'struct') {
    const fields = node.fields.map((field, index) => ({
      name: node.names[index] ?? '',
      read: nodeReader(field, cursors),
    }));
    return () => {
      const dict = new Map<PyValue, PyValue>();
      for (const { name, read } of fields) dict.set(name, read());
      return dict;
    };
  }
  const readItem = node.kind === 'list' ? nodeReader(node.item, cursors) : pairReader(node, cursors);
  const { definition, repetition } = node;
  return () => {
    const items: PyValue[] = [];
    // Defined, but not as deep as an item: the empty list, which is one entry too.
    const empty = first.definition <= definition;
    for (const leaf of others) if (leaf.definition <= definition !== empty) throw disagreement();
    if (empty) {
      skip();
      return items;
    }
    let more: boolean;
    do {
      items.push(readItem());
      more = first.repetition === repetition;
      for (const leaf of others) if ((leaf.repetition === repetition) !== more) throw disagreement();
    } while (more);
    return items;
  };
}

function disagreement(): Error {
  return new Error('its fields do not agree on which values there are');
}

function pairReader(node: Extract<Node, { kind: 'map' }>, cursors: readonly Entries[]): () => PyValue {
  const key = nodeReader(node.key, cursors);
  const value = nodeReader(node.value, cursors);
  return () => new PyTuple([key(), value()]);
}

function cursor(cursors: readonly Entries[], leaf: number): Entries {
  const found = cursors[leaf];
  if (found === undefined) throw new Error(`the row group has no column ${leaf}`);
  return found;
}

function leavesOf(node: Node): number[] {
  if (node.kind === 'leaf') return [node.leaf];
  if (node.kind === 'struct') return node.fields.flatMap(leavesOf);
  return node.kind === 'list' ? leavesOf(node.item) : [...leavesOf(node.key), ...leavesOf(node.value)];
}

/** Rows that begin in a page, from an entry on. */
function countRows({ count, repetitions }: Page, from: number): number {
  if (repetitions === undefined) return count - from;
  let rows = 0;
  for (let entry = from; entry < count; entry++) if (repetitions[entry] === 0) rows++;
  return rows;
}
