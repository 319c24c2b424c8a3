import { PyRegexError, PyUnsupportedError } from '../python/exceptions.ts';
import { readEscape } from './escape.ts';
import { type RegexFlags, type RegexNode, widthOf } from './nodes.ts';
import { readSet } from './set.ts';

/** A parsed pattern. */
export interface ParsedRegex {
  root: RegexNode;
  /** Number of capturing groups. */
  groups: number;
  names: ReadonlyMap<string, number>;
  flags: RegexFlags;
  widths: ReadonlyMap<number, readonly [number, number]>;
}

const NAME = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
const MAX_REPEAT = 4294967295;
/** Patterns come with tasks; this nesting is far beyond any of them and far within the stack. */
const MAX_DEPTH = 200;

/**
 * Parses a Python 3.11 pattern for text (Lib/re/_parser.py).
 * @param flags letters of `aimsx`
 * @throws PyRegexError where Python raises re.error
 * @throws PyUnsupportedError for conditional groups and characters by name
 */
export function parseRegex(pattern: string, flags: string): ParsedRegex {
  return new Parser(pattern, flags).parse();
}

class Parser {
  readonly #pattern: string;
  readonly #names = new Map<string, number>();
  readonly #widths = new Map<number, readonly [number, number]>();
  #global: RegexFlags;
  #groups = 0;
  #at = 0;

  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    const has = (letter: string): boolean => flags.includes(letter);
    this.#global = { i: has('i'), m: has('m'), s: has('s'), x: has('x'), a: has('a') };
  }

  parse(): ParsedRegex {
    if ((/\\*$/.exec(this.#pattern)?.[0].length ?? 0) % 2 === 1) throw new PyRegexError('bad escape (end of pattern)');
    this.#globalFlags();
    const root = this.#either(this.#global, 0);
    if (this.#at < this.#pattern.length) throw new PyRegexError('unbalanced parenthesis');
    return { root, groups: this.#groups, names: this.#names, flags: this.#global, widths: this.#widths };
  }

  /** `(?aims)` stands only at the very start, perhaps more than once and among comments. */
  #globalFlags(): void {
    for (;;) {
      const start = this.#at;
      if (this.#global.x) this.#skipVerbose();
      const found = /^\(\?(?:([a-zA-Z]+)|#(?:\\[\s\S]|[^)\\])*)\)/.exec(this.#pattern.slice(this.#at));
      if (found === null) {
        this.#at = start;
        return;
      }
      this.#global = addFlags(this.#global, found[1] ?? '', '');
      this.#at += found[0].length;
    }
  }

  #either(flags: RegexFlags, depth: number): RegexNode {
    if (depth > MAX_DEPTH)
      throw new PyUnsupportedError(`Patterns nested more than ${MAX_DEPTH} deep are not supported.`);
    const first = this.#sequence(flags, depth);
    const branches = [first];
    while (this.#take('|')) branches.push(this.#sequence(flags, depth));
    return branches.length === 1 ? first : { kind: 'either', branches };
  }

  #sequence(flags: RegexFlags, depth: number): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      if (flags.x) this.#skipVerbose();
      const mark = this.#pattern[this.#at];
      if (mark === undefined || mark === '|' || mark === ')') return { kind: 'sequence', items };
      const quantifier = this.#quantifier();
      if (quantifier !== null) items.push(this.#repeated(items.pop(), ...quantifier));
      else {
        const item = this.#item(flags, depth);
        if (item !== null) items.push(item);
      }
    }
  }

  /** Reads `*`, `+`, `?`, `{m,n}`; a `{` that begins no such thing is a character. */
  #quantifier(): [min: number, max: number] | null {
    const found = /^(?:[*+?]|\{(?!\})(\d*)(,?)(\d*)\})/.exec(this.#pattern.slice(this.#at, this.#at + 40));
    if (found === null) return null;
    const [all, low = '', comma, high = ''] = found;
    if (all.startsWith('{') && comma === '' && low === '') return null;
    this.#at += all.length;
    if (all === '*') return [0, Number.POSITIVE_INFINITY];
    if (all === '+') return [1, Number.POSITIVE_INFINITY];
    if (all === '?') return [0, 1];
    const min = Number(low);
    const max = comma === '' ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (min >= MAX_REPEAT || (Number.isFinite(max) && max >= MAX_REPEAT)) {
      throw new PyRegexError('the repetition number is too large');
    }
    if (max < min) throw new PyRegexError('min repeat greater than max repeat');
    return [min, max];
  }

  #repeated(item: RegexNode | undefined, min: number, max: number): RegexNode {
    if (item === undefined || item.kind === 'at') throw new PyRegexError('nothing to repeat');
    if (item.kind === 'repeat' || (item.kind === 'atomic' && item.body.kind === 'repeat')) {
      throw new PyRegexError('multiple repeat');
    }
    const lazy = this.#take('?');
    const repeat: RegexNode = { kind: 'repeat', min, max, lazy, body: item };
    return !lazy && this.#take('+') ? { kind: 'atomic', body: repeat } : repeat;
  }

  /** Reads one item; null for what matches nothing, such as a comment. */
  #item(flags: RegexFlags, depth: number): RegexNode | null {
    const mark = this.#pattern[this.#at];
    if (mark === '(') return this.#parenthesis(flags, depth);
    if (mark === '[') {
      const { end, items, negated } = readSet(this.#pattern, this.#at);
      this.#at = end;
      return { kind: 'set', negated, items, flags };
    }
    if (mark === '\\') return this.#escaped(flags);
    const code = this.#pattern.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    if (mark === '^') return { kind: 'at', place: flags.m ? 'lineStart' : 'textStart', flags };
    if (mark === '$') return { kind: 'at', place: flags.m ? 'lineEnd' : 'lastLineEnd', flags };
    if (mark === '.') return { kind: 'set', negated: true, items: flags.s ? [] : [{ low: 10, high: 10 }], flags };
    return { kind: 'set', negated: false, items: [{ low: code, high: code }], flags };
  }

  #escaped(flags: RegexFlags): RegexNode {
    const escaped = readEscape(this.#pattern, this.#at, false);
    this.#at += escaped.length;
    if ('place' in escaped) return { kind: 'at', place: escaped.place, flags };
    if ('group' in escaped) return this.#reference(escaped.group, flags);
    const item = 'code' in escaped ? { low: escaped.code, high: escaped.code } : { category: escaped.category };
    return { kind: 'set', negated: false, items: [item], flags };
  }

  #reference(group: number, flags: RegexFlags): RegexNode {
    if (group > this.#groups) throw new PyRegexError(`invalid group reference ${group}`);
    if (!this.#widths.has(group)) throw new PyRegexError('cannot refer to an open group');
    return { kind: 'ref', group, flags };
  }

  #parenthesis(flags: RegexFlags, depth: number): RegexNode | null {
    const opening =
      /^\((?:\?(?:P<([^>)]*)>|P=([^)]*)\)|#(?:\\[\s\S]|[^)\\])*\)|<?[=!]|>|:|([a-zA-Z]*)(?:-([a-zA-Z]*))?:|\())?/.exec(
        this.#pattern.slice(this.#at),
      );
    const [all = '(', name, reference, on, off] = opening ?? [];
    if (all === '(' && this.#pattern[this.#at + 1] === '?') throw this.#badExtension();
    this.#at += all.length;
    if (reference !== undefined) return this.#reference(this.#named(reference), flags);
    if (all.startsWith('(?#')) return null;
    if (all === '(?(') throw new PyUnsupportedError('Conditional groups (?(...)...) are not supported in patterns.');
    if (all === '(' || name !== undefined) return this.#group(name ?? null, flags, depth);
    if (off === '') throw new PyRegexError('missing flag');
    const body = this.#closed(on === undefined ? flags : addFlags(flags, on, off ?? ''), depth);
    if (all === '(?>') return { kind: 'atomic', body: { kind: 'plain', body } };
    if (!/[=!]$/.test(all)) return { kind: 'plain', body };
    const behind = all.includes('<');
    if (behind) this.#checkFixedWidth(body);
    return { kind: 'look', behind, negated: all.endsWith('!'), body };
  }

  #checkFixedWidth(body: RegexNode): void {
    const [min, max] = widthOf(body, this.#widths);
    if (min !== max) throw new PyRegexError('look-behind requires fixed-width pattern');
  }

  #badExtension(): PyRegexError {
    const rest = this.#pattern.slice(this.#at, this.#at + 12);
    return /^\(\?[aimsuxL]+\)/.test(rest)
      ? new PyRegexError('global flags not at the start of the expression')
      : new PyRegexError(`unknown extension ${rest}`);
  }

  #group(name: string | null, flags: RegexFlags, depth: number): RegexNode {
    const index = ++this.#groups;
    if (name !== null) {
      if (!NAME.test(name)) throw new PyRegexError(`bad character in group name '${name}'`);
      if (this.#names.has(name)) throw new PyRegexError(`redefinition of group name '${name}'`);
      this.#names.set(name, index);
    }
    const body = this.#closed(flags, depth);
    this.#widths.set(index, widthOf(body, this.#widths));
    return { kind: 'group', index, name, body };
  }

  #named(name: string): number {
    const group = this.#names.get(name);
    if (group === undefined) throw new PyRegexError(`unknown group name '${name}'`);
    return group;
  }

  #closed(flags: RegexFlags, depth: number): RegexNode {
    const body = this.#either(flags, depth + 1);
    if (!this.#take(')')) throw new PyRegexError('missing ), unterminated subpattern');
    return body;
  }

  #take(mark: string): boolean {
    if (this.#pattern[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  /** In verbose mode white space and comments up to the line's end mean nothing. */
  #skipVerbose(): void {
    const skipped = /(?:[ \t\n\r\v\f]|#(?:\\[\s\S]|[^\n\\])*)*/y;
    skipped.lastIndex = this.#at;
    this.#at += skipped.exec(this.#pattern)?.[0].length ?? 0;
  }
}

/** The flags with some switched on and some off. */
function addFlags(flags: RegexFlags, on: string, off: string): RegexFlags {
  if (
    !/^[aimsux]*$/.test(on) ||
    !/^[imsx]*$/.test(off) ||
    /a.*u|u.*a/.test(on) ||
    [...on].some((one) => off.includes(one))
  ) {
    throw new PyRegexError(`bad inline flags: ${on}${off === '' ? '' : `-${off}`}`);
  }
  const set = (letter: 'i' | 'm' | 's' | 'x'): boolean =>
    (flags[letter] || on.includes(letter)) && !off.includes(letter);
  return { i: set('i'), m: set('m'), s: set('s'), x: set('x'), a: (flags.a || on.includes('a')) && !on.includes('u') };
}
