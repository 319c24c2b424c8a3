import { PyTuple, type PyValue } from '../python/value.ts';
import type { Page, PageReader } from './pages.ts';
import type { Leaf, Node } from './schema.ts';

/**
 * The entries of one leaf of a row group, one after the other: `definition`, `repetition` and, where it is there, the
 * value of the current one. Holds only the pages that the rows asked for need.
 */
export class LeafCursor {
  readonly #reader: PageReader;
  readonly #maxDefinition: number;
  readonly #nested: boolean;
  readonly #pages: Page[] = [];
  #exhausted = false;
  /** Rows that begin in the pages held, from the current entry on. */
  #begun = 0;
  #page: Page | undefined;
  #entry = 0;
  #value = 0;
  definition = -1;
  repetition = 0;

  constructor(reader: PageReader, leaf: Leaf) {
    this.#reader = reader;
    this.#maxDefinition = leaf.maxDefinition;
    this.#nested = leaf.maxRepetition > 0;
  }

  /** Reads pages until `rows` whole rows are held, or the chunk ends. */
  async fill(rows: number): Promise<void> {
    // The last row of a page may continue in the next one.
    while (!this.#exhausted && this.#begun - (this.#nested ? 1 : 0) < rows) {
      const page = await this.#reader.next();
      if (page === undefined) this.#exhausted = true;
      else {
        this.#pages.push(page);
        this.#begun += countRows(page);
      }
    }
    if (this.#begun < rows) throw new Error(`it holds ${this.#begun} rows where ${rows} should follow`);
    this.#begun -= rows;
    if (this.#page === undefined) this.#turn();
  }

  /** Whether every entry was taken. */
  get done(): boolean {
    return this.#page === undefined && this.#begun === 0 && this.#reader.done;
  }

  /** The value of the current entry, null where it is not there; moves on to the next. */
  take(): PyValue {
    const page = this.#page;
    if (page === undefined) throw new Error('it ends in the middle of a row');
    const value = this.definition === this.#maxDefinition ? page.values(this.#value++) : null;
    this.#entry++;
    if (this.#entry < page.count) this.#look(page);
    else this.#turn();
    return value;
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

/** A function that reads the next value of a column each time it is called; the cursors must have been filled. */
export function columnReader(node: Node, cursors: readonly LeafCursor[]): () => PyValue {
  const mine = leavesOf(node).map((leaf) => cursor(cursors, leaf));
  const first = mine[0];
  if (first === undefined) throw new Error('a column without leaves');
  if (node.kind === 'leaf') return () => first.take();
  const skip = () => {
    for (const leaf of mine) leaf.take();
  };
  const read = groupReader(node, cursors, first, skip);
  return () => {
    if (first.definition >= node.definition) return read();
    skip();
    return null;
  };
}

function groupReader(
  node: Exclude<Node, { kind: 'leaf' }>,
  cursors: readonly LeafCursor[],
  first: LeafCursor,
  skip: () => void,
): () => PyValue {
  if (node.kind === 'struct') {
    const fields = node.fields.map((field, index) => ({
      name: node.names[index] ?? '',
      read: columnReader(field, cursors),
    }));
    return () => {
      const dict = new Map<PyValue, PyValue>();
      for (const { name, read } of fields) dict.set(name, read());
      return dict;
    };
  }
  const readItem = node.kind === 'list' ? columnReader(node.item, cursors) : pairReader(node, cursors);
  return () => {
    const items: PyValue[] = [];
    // Defined, but not as deep as an item: the empty list, which is one entry too.
    if (first.definition <= node.definition) {
      skip();
      return items;
    }
    do items.push(readItem());
    while (first.repetition === node.repetition);
    return items;
  };
}

function pairReader(node: Extract<Node, { kind: 'map' }>, cursors: readonly LeafCursor[]): () => PyValue {
  const key = columnReader(node.key, cursors);
  const value = columnReader(node.value, cursors);
  return () => new PyTuple([key(), value()]);
}

function cursor(cursors: readonly LeafCursor[], leaf: number): LeafCursor {
  const found = cursors[leaf];
  if (found === undefined) throw new Error(`the row group has no column ${leaf}`);
  return found;
}

function leavesOf(node: Node): number[] {
  if (node.kind === 'leaf') return [node.leaf];
  if (node.kind === 'struct') return node.fields.flatMap(leavesOf);
  return node.kind === 'list' ? leavesOf(node.item) : [...leavesOf(node.key), ...leavesOf(node.value)];
}

function countRows({ count, repetitions }: Page): number {
  if (repetitions === undefined) return count;
  let rows = 0;
  for (const level of repetitions) if (level === 0) rows++;
  return rows;
}
