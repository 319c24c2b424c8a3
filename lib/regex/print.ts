import { PyUnsupportedError } from '../python/exceptions.ts';
import { childrenOf, type Place, type RegexFlags, type RegexNode, widthOf } from './nodes.ts';
import type { ParsedRegex } from './parse.ts';
import { printSet, wordSet } from './set.ts';

/** A pattern in JavaScript's syntax (flag `v`). */
export interface PrintedRegex {
  source: string;
  ignoreCase: boolean;
  /** Python's number of a group to JavaScript's, which has helper groups between them. */
  groupIndex: ReadonlyMap<number, number>;
  /** Why JavaScript may capture something else than Python, or null; the text matched as a whole is the same. */
  captureTrouble: string | null;
}

/**
 * Prints the pattern for JavaScript.
 * @param offset number of groups that the caller puts before it
 * @throws PyUnsupportedError where JavaScript would match something else
 */
export function printRegex(parsed: ParsedRegex, offset: number): PrintedRegex {
  const printer = new Printer(parsed, offset);
  const source = printer.print(parsed.root, new Set());
  return {
    source,
    ignoreCase: printer.ignoreCase,
    groupIndex: printer.groupIndex,
    captureTrouble: printer.captureTrouble,
  };
}

class Printer {
  readonly groupIndex = new Map<number, number>();
  readonly ignoreCase: boolean;
  captureTrouble: string | null = null;
  readonly #widths: ParsedRegex['widths'];
  #used: number;
  #behind = false;

  constructor(parsed: ParsedRegex, offset: number) {
    this.ignoreCase = ignoresCaseThroughout(parsed.root);
    this.#widths = parsed.widths;
    this.#used = offset;
  }

  /** Prints a node; `set` holds the groups that have certainly captured when it begins, and gains those it captures. */
  print(node: RegexNode, set: Set<number>): string {
    switch (node.kind) {
      case 'set':
        return printSet(node.items, node.negated, node.flags, this.ignoreCase);
      case 'at':
        return printPlace(node.place, node.flags);
      case 'ref':
        return this.#reference(node.group, node.flags, set);
      case 'plain':
        return `(?:${this.print(node.body, set)})`;
      case 'group':
        return this.#group(node.index, node.name, node.body, set);
      case 'look':
        return this.#look(node.behind, node.negated, node.body, set);
      case 'atomic':
        return this.#atomic(node.body, set);
      case 'repeat':
        return this.#repeat(node, set);
      case 'sequence':
        return node.items.map((item) => this.print(item, set)).join('');
      case 'either':
        return this.#either(node.branches, set);
    }
  }

  #reference(group: number, flags: RegexFlags, set: ReadonlySet<number>): string {
    // JavaScript lets a reference to a group that took no part match nothing, Python does not let it match.
    if (!set.has(group)) {
      throw new PyUnsupportedError(
        `References to a group that may not have taken part (\\${group}) are not supported.`,
      );
    }
    const source = `\\${this.groupIndex.get(group) ?? 0}`;
    const wanted = flags.i && !flags.a;
    if (wanted !== this.ignoreCase)
      throw new PyUnsupportedError('A reference that ignores case within a pattern that does not.');
    return `(?:${source})`;
  }

  #group(index: number, name: string | null, body: RegexNode, set: Set<number>): string {
    this.groupIndex.set(index, ++this.#used);
    const source = this.print(body, set);
    set.add(index);
    return name === null ? `(${source})` : `(?<${name}>${source})`;
  }

  #look(behind: boolean, negated: boolean, body: RegexNode, set: Set<number>): string {
    if (negated && hasGroup(body)) this.captureTrouble = 'a group inside a negative look-around';
    const outside = this.#behind;
    this.#behind = behind;
    // JavaScript reads a look-behind from right to left, so that groups inside it cannot be referred to there.
    const inside = new Set(set);
    const source = behind && hasReference(body, groupsOf(body)) ? this.#refuseBehind() : this.print(body, inside);
    this.#behind = outside;
    if (!negated) for (const group of inside) set.add(group);
    return `(?:(?${behind ? '<' : ''}${negated ? '!' : '='}${source}))`;
  }

  #refuseBehind(): never {
    throw new PyUnsupportedError('References to a group within the same look-behind are not supported.');
  }

  /** JavaScript has no atomic groups, but its look-aheads never give back: look ahead, then take what was seen. */
  #atomic(body: RegexNode, set: Set<number>): string {
    if (this.#behind) throw new PyUnsupportedError('Atomic groups inside a look-behind are not supported.');
    const index = ++this.#used;
    return `(?:(?=(${this.print(body, set)}))\\${index})`;
  }

  #repeat(node: RegexNode & { kind: 'repeat' }, set: Set<number>): string {
    const { min, max, lazy, body } = node;
    const inside = new Set(set);
    const groups = groupsOf(body);
    const source = this.print(body, inside);
    const canBeEmpty = widthOf(body, this.#widths)[0] === 0;
    if (canBeEmpty && max > 1) {
      throw new PyUnsupportedError('Repeating what can match the empty text is not supported.');
    }
    // JavaScript takes no empty round of `?`, Python does.
    if (canBeEmpty && min === 0 && max === 1) return lazy ? `(?:|${source})` : `(?:${source}|)`;
    if (max > 1 && groups.some((group) => !inside.has(group))) {
      this.captureTrouble = 'a group inside a repetition that may take no part in its last round';
    }
    if (min > 0) for (const group of inside) set.add(group);
    const isAtom = body.kind === 'set' || body.kind === 'group' || body.kind === 'plain';
    return `${isAtom ? source : `(?:${source})`}${printTimes(min, max)}${lazy ? '?' : ''}`;
  }

  #either(branches: readonly RegexNode[], set: Set<number>): string {
    const results = branches.map((branch) => {
      const inside = new Set(set);
      return { source: this.print(branch, inside), inside };
    });
    const [first] = results;
    for (const group of first?.inside ?? []) {
      if (results.every(({ inside }) => inside.has(group))) set.add(group);
    }
    return `(?:${results.map(({ source }) => source).join('|')})`;
  }
}

/** Whether all of the pattern ignores case: then the expression as a whole does, else its sets hold both cases. */
function ignoresCaseThroughout(node: RegexNode): boolean {
  if ('flags' in node) return node.flags.i && !node.flags.a;
  return childrenOf(node).every(ignoresCaseThroughout);
}

function printTimes(min: number, max: number): string {
  return max === Number.POSITIVE_INFINITY ? `{${min},}` : `{${min},${max}}`;
}

function printPlace(place: Place, flags: RegexFlags): string {
  const word = wordSet(flags);
  switch (place) {
    case 'textStart':
      return '(?:^)';
    case 'textEnd':
      return '(?:$)';
    case 'lineStart':
      return '(?<=^|\\n)';
    case 'lineEnd':
      return '(?=\\n|$)';
    case 'lastLineEnd':
      return '(?=\\n?$)';
    case 'boundary':
      return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
    case 'nonBoundary':
      // In an empty text Python finds neither a boundary nor the lack of one.
      return `(?:(?!^$)(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})))`;
  }
}

function groupsOf(node: RegexNode): number[] {
  const inside = childrenOf(node).flatMap(groupsOf);
  return node.kind === 'group' ? [node.index, ...inside] : inside;
}

function hasGroup(node: RegexNode): boolean {
  return groupsOf(node).length > 0;
}

function hasReference(node: RegexNode, groups: readonly number[]): boolean {
  if (node.kind === 'ref') return groups.includes(node.group);
  return childrenOf(node).some((child) => hasReference(child, groups));
}
