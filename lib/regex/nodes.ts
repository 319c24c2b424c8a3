import { PyRegexError } from '../python/exceptions.ts';

/** Flags in force at a place of a pattern: ignore case, multi-line, dot matches all, verbose, ASCII only. */
export interface RegexFlags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  readonly a: boolean;
}

/** A member of a set `[...]`: a range of code points or a category such as `\d`. */
export type SetItem = { low: number; high: number } | { category: Category };
/** A letter of `\d \D \s \S \w \W`. */
export type Category = 'd' | 'D' | 's' | 'S' | 'w' | 'W';
/** Where an assertion without width holds. */
export type Place = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'lastLineEnd' | 'boundary' | 'nonBoundary';

/** A piece of a parsed Python pattern. Flags are resolved: each leaf carries those that apply to it. */
export type RegexNode =
  | { kind: 'set'; negated: boolean; items: readonly SetItem[]; flags: RegexFlags }
  | { kind: 'at'; place: Place; flags: RegexFlags }
  | { kind: 'ref'; group: number; flags: RegexFlags }
  | { kind: 'group'; index: number; name: string | null; body: RegexNode }
  | { kind: 'plain'; body: RegexNode }
  | { kind: 'look'; behind: boolean; negated: boolean; body: RegexNode }
  | { kind: 'atomic'; body: RegexNode }
  | { kind: 'repeat'; min: number; max: number; lazy: boolean; body: RegexNode }
  | { kind: 'sequence'; items: readonly RegexNode[] }
  | { kind: 'either'; branches: readonly RegexNode[] };

/** How many code points a node can match, at least and at most; widths of groups are looked up in `groups`. */
export function widthOf(node: RegexNode, groups: ReadonlyMap<number, readonly [number, number]>): [number, number] {
  switch (node.kind) {
    case 'set':
      return [1, 1];
    case 'at':
    case 'look':
      return [0, 0];
    case 'ref': {
      const width = groups.get(node.group);
      if (width === undefined) throw new PyRegexError('cannot refer to an open group');
      return [...width];
    }
    case 'repeat': {
      const [min, max] = widthOf(node.body, groups);
      return [min * node.min, max === 0 ? 0 : max * node.max];
    }
    case 'sequence': {
      const widths = node.items.map((item) => widthOf(item, groups));
      return [widths.reduce((sum, [min]) => sum + min, 0), widths.reduce((sum, [, max]) => sum + max, 0)];
    }
    case 'either': {
      const widths = node.branches.map((branch) => widthOf(branch, groups));
      return [Math.min(...widths.map(([min]) => min)), Math.max(...widths.map(([, max]) => max))];
    }
    default:
      return widthOf(node.body, groups);
  }
}

/** The node's direct children. */
export function childrenOf(node: RegexNode): readonly RegexNode[] {
  if (node.kind === 'sequence') return node.items;
  if (node.kind === 'either') return node.branches;
  return 'body' in node ? [node.body] : [];
}
