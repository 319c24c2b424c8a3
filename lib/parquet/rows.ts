import { PyTuple, type PyValue } from '../python/value.ts';
import type { Entries } from './entries.ts';
import type { Node } from './schema.ts';

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
