import type { Column, ColumnType } from './column-type.ts';
import type { SchemaElement } from './schema-element.ts';
import { leafType } from './values.ts';

/** A node of the schema with all below it. */
export interface SchemaTree {
  readonly element: SchemaElement;
  readonly children: readonly SchemaTree[];
}

/** One stored column of values: a leaf of the schema. `index` is its place in each row group. */
export interface Leaf {
  index: number;
  element: SchemaElement;
  /** Of its values to Python. */
  type: ColumnType;
  /** From the root down to the leaf. */
  path: SchemaTree[];
  /** Definition level of a value that is there, and the highest repetition level; see Dremel's paper. */
  maxDefinition: number;
  maxRepetition: number;
}

/** How the rows of a column are put together from its leaves. `definition`: the level from which on it is not NULL. */
export type Node =
  | { kind: 'leaf'; leaf: number; definition: number }
  | { kind: 'list'; item: Node; definition: number; repetition: number }
  | { kind: 'struct'; names: string[]; fields: Node[]; definition: number }
  | { kind: 'map'; key: Node; value: Node; definition: number; repetition: number };

/** A schema, ready for reading. `columns[i]` is put together by `nodes[i]`. */
export interface ParquetSchema {
  columns: Column[];
  nodes: Node[];
  leaves: Leaf[];
}

/** Groups of the schema inside of each other, of which a list has two. Deeper values no longer fit into JSON that is read back. */
const MAX_DEPTH = 180;

/**
 * The tree that a footer's list of elements is, in which each comes before its children. Throws Error where they claim more
 * or fewer children than there are, or are nested too deep.
 */
export function treeOf(elements: readonly SchemaElement[]): SchemaTree {
  let next = 0;
  const tree = (depth: number): SchemaTree => {
    const element = elements[next++];
    if (element === undefined) throw new Error('its schema has fewer elements than it says');
    if (depth > MAX_DEPTH) throw new Error(`its columns are nested more than ${MAX_DEPTH} levels deep`);
    const count = element.num_children ?? 0;
    if (count < 0 || count > elements.length - next) throw new Error('its schema has fewer elements than it says');
    return { element, children: Array.from({ length: count }, () => tree(depth + 1)) };
  };
  const root = tree(0);
  if (next !== elements.length) throw new Error(`its schema has ${elements.length} elements but says ${next}`);
  return root;
}

/** The names from the column down to the leaf. */
export function pathOf(leaf: Leaf): string[] {
  return leaf.path.slice(1).map(({ element }) => element.name);
}

/** Reads a schema tree by the rules of the format, with its older ways to write lists. Throws Error for what has no form. */
export function readSchema(root: SchemaTree): ParquetSchema {
  const leaves: Leaf[] = [];
  const visited = root.children.map((child) => visit(child, { path: [root], definition: 0, repetition: 0 }, leaves));
  return {
    columns: root.children.map((child, index) => ({
      name: child.element.name,
      type: visited[index]?.type ?? { kind: 'null' },
    })),
    nodes: visited.map(({ node }) => node),
    leaves,
  };
}

interface ElementPlace {
  path: SchemaTree[];
  definition: number;
  repetition: number;
}

interface Visited {
  type: ColumnType;
  node: Node;
}

function visit(tree: SchemaTree, parent: ElementPlace, leaves: Leaf[]): Visited {
  const repeats = tree.element.repetition_type;
  const { definition, repetition } = parent;
  // Repeated without a list around it: a list that is never NULL.
  if (repeats === 'REPEATED') {
    const item = visitValue(tree, deeper(parent, tree, 1, 1), leaves);
    return {
      type: { kind: 'list', item: item.type },
      node: { kind: 'list', item: item.node, definition, repetition: repetition + 1 },
    };
  }
  return visitValue(tree, deeper(parent, tree, repeats === 'OPTIONAL' ? 1 : 0, 0), leaves);
}

function deeper(place: ElementPlace, tree: SchemaTree, definition: number, repetition: number): ElementPlace {
  return {
    path: [...place.path, tree],
    definition: place.definition + definition,
    repetition: place.repetition + repetition,
  };
}

/** The value below `tree`, whose own levels are already counted in `place`. */
function visitValue(tree: SchemaTree, place: ElementPlace, leaves: Leaf[]): Visited {
  const { definition } = place;
  if (tree.children.length === 0) {
    if (tree.element.type === undefined)
      throw new Error(`the group ${JSON.stringify(tree.element.name)} has no fields`);
    const { path, definition: maxDefinition, repetition: maxRepetition } = place;
    const type = leafType(tree.element);
    leaves.push({ index: leaves.length, element: tree.element, type, path, maxDefinition, maxRepetition });
    return { type, node: { kind: 'leaf', leaf: leaves.length - 1, definition } };
  }
  const [repeated] = tree.children;
  if (repeated?.element.repetition_type === 'REPEATED' && tree.children.length === 1) {
    if (isMap(tree, repeated)) return visitMap(repeated, place, leaves);
    if (isList(tree) || isKeySet(tree, repeated)) return visitList(tree, repeated, place, leaves);
  }
  const fields = tree.children.map((child) => ({ name: child.element.name, ...visit(child, place, leaves) }));
  const names = fields.map(({ name }) => name);
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined)
    throw new Error(`the struct ${JSON.stringify(tree.element.name)} has two fields ${JSON.stringify(twice)}`);
  return {
    type: { kind: 'struct', fields: fields.map(({ name, type }) => ({ name, type })) },
    node: { kind: 'struct', names, fields: fields.map(({ node }) => node), definition },
  };
}

function visitList(tree: SchemaTree, repeated: SchemaTree, place: ElementPlace, leaves: Leaf[]): Visited {
  const inside = deeper(place, repeated, 1, 1);
  const [only] = repeated.children;
  // Older files have no middle layer: the repeated group is the item itself.
  const isItem =
    repeated.children.length !== 1 ||
    repeated.element.name === 'array' ||
    repeated.element.name === `${tree.element.name}_tuple`;
  const item = isItem || only === undefined ? visitValue(repeated, inside, leaves) : visit(only, inside, leaves);
  return {
    type: { kind: 'list', item: item.type },
    node: { kind: 'list', item: item.node, definition: place.definition, repetition: inside.repetition },
  };
}

function visitMap(repeated: SchemaTree, place: ElementPlace, leaves: Leaf[]): Visited {
  const inside = deeper(place, repeated, 1, 1);
  const [first, second] = repeated.children;
  if (first === undefined || second === undefined) throw new Error('a map without keys or values');
  const key = visit(first, inside, leaves);
  const value = visit(second, inside, leaves);
  return {
    type: { kind: 'map', key: key.type, value: value.type },
    node: {
      kind: 'map',
      key: key.node,
      value: value.node,
      definition: place.definition,
      repetition: inside.repetition,
    },
  };
}

function isList({ element }: SchemaTree): boolean {
  return element.logical_type?.type === 'LIST' || element.converted_type === 'LIST';
}

function isMap(tree: SchemaTree, repeated: SchemaTree): boolean {
  return isNotedAsMap(tree) && repeated.children.length === 2;
}

/** A map whose values were left out is the list of its keys, by the format's rules for maps. */
function isKeySet(tree: SchemaTree, repeated: SchemaTree): boolean {
  return isNotedAsMap(tree) && repeated.children.length === 1;
}

function isNotedAsMap({ element }: SchemaTree): boolean {
  return element.logical_type?.type === 'MAP' || /^MAP(_KEY_VALUE)?$/.test(element.converted_type ?? '');
}
