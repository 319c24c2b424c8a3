/**
 * Cuts a template into tokens, by the rules of Jinja's lexer (jinja2/lexer.py) as the harness sets it up: default delimiters,
 * nothing trimmed but where `-` asks for it, the trailing newline kept.
 */
import { isWhite, WHITESPACE } from '../../python/unicode.ts';
import { SyntaxFault } from '../fault.ts';
import { unescapeString } from './string-literal.ts';

/** A token and the line that it begins on. */
export type Token = { readonly line: number } & (
  | { readonly type: 'data' | 'string' | 'name' | 'operator'; readonly value: string }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'variable_begin' | 'variable_end' | 'block_begin' | 'block_end' | 'eof'; readonly value: '' }
);

/** What Python's `\s` matches, as a class for JavaScript's. */
const S = `[${WHITESPACE}]`;
const OPENING = new RegExp(`\\{%(?<raw>[-+]?)${S}*raw${S}*(?:-%\\}${S}*|%\\})|(?<tag>\\{[{%#])(?<sign>[-+]?)`, 'g');
const COMMENT_END = new RegExp(`\\+#\\}|-#\\}${S}*|#\\}`, 'g');
const RAW_END = new RegExp(`\\{%(?<sign>[-+]?)${S}*endraw${S}*(?:\\+%\\}|-%\\}${S}*|%\\})`, 'g');
const VARIABLE_END = new RegExp(`-\\}\\}${S}*|\\}\\}`, 'y');
const BLOCK_END = new RegExp(`\\+%\\}|-%\\}${S}*|%\\}`, 'y');
const SPACE = new RegExp(`${S}+`, 'y');
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{M}\p{N}\p{Pc}]+/uy;
const IDENTIFIER = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;
const STRING = /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/** The tokens of a template, an `eof` last. @throws SyntaxFault */
export function tokenize(template: string): Token[] {
  return new Lexer(template.replace(/\r\n|\r/g, '\n')).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #position = 0;
  #line = 1;
  /** Where the current line ends. */
  #lineEnd: number;

  constructor(source: string) {
    this.#source = source;
    this.#lineEnd = lineEnd(source, 0);
  }

  run(): Token[] {
    for (let match = this.#search(OPENING); match; match = this.#search(OPENING)) {
      const { raw, tag, sign } = match.groups ?? {};
      this.#data(match.index, sign ?? raw ?? '');
      this.#advance(match[0].length);
      if (tag === undefined) this.#raw();
      else if (tag === '{#') this.#comment();
      else this.#tag(tag === '{{' ? 'variable' : 'block');
    }
    this.#data(this.#source.length, '');
    this.#push('eof');
    return this.#tokens;
  }

  #data(end: number, sign: string): void {
    const text = this.#source.slice(this.#position, end);
    const kept = sign === '-' ? rstrip(text) : text;
    if (kept !== '') this.#tokens.push({ type: 'data', value: kept, line: this.#line });
    this.#advance(text.length);
  }

  #raw(): void {
    const match = this.#search(RAW_END);
    if (!match && this.#position === this.#source.length) return;
    if (!match) throw new SyntaxFault('a raw block is not closed', this.#line);
    this.#data(match.index, match.groups?.['sign'] ?? '');
    this.#advance(match[0].length);
  }

  #comment(): void {
    const match = this.#search(COMMENT_END);
    // Jinja takes one that is opened at the very end for nothing.
    if (!match && this.#position === this.#source.length) return;
    if (!match) throw new SyntaxFault('a comment is not closed', this.#line);
    this.#advance(match.index + match[0].length - this.#position);
  }

  #tag(type: 'variable' | 'block'): void {
    const end = type === 'variable' ? VARIABLE_END : BLOCK_END;
    const open: string[] = [];
    this.#push(`${type}_begin`);
    while (this.#position < this.#source.length) {
      const closing = open.length === 0 ? this.#match(end) : null;
      if (closing !== null) {
        this.#push(`${type}_end`);
        this.#advance(closing.length);
        return;
      }
      this.#tagToken(open);
    }
  }

  #tagToken(open: string[]): void {
    const line = this.#line;
    const at = this.#position;
    const take = (pattern: RegExp) => {
      const text = this.#match(pattern);
      if (text !== null) this.#advance(text.length);
      return text;
    };
    if (take(SPACE) !== null) return;
    let text = take(FLOAT);
    if (text !== null) {
      this.#tokens.push({ type: 'float', value: Number(text.replaceAll('_', '')), line });
      return;
    }
    text = take(INTEGER);
    if (text !== null) {
      // Python refuses longer decimal literals too.
      if (text.length > 4300) throw new SyntaxFault('an int literal has more than 4300 digits', line);
      this.#tokens.push({ type: 'integer', value: BigInt(text.replaceAll('_', '').toLowerCase()), line });
      return;
    }
    text = take(NAME);
    if (text !== null) {
      if (!IDENTIFIER.test(text)) throw new SyntaxFault(`${JSON.stringify(text.slice(0, 40))} is not a name`, line);
      this.#tokens.push({ type: 'name', value: text, line });
      return;
    }
    text = take(STRING);
    if (text !== null) {
      this.#tokens.push({ type: 'string', value: unescapeString(text.slice(1, -1), line), line });
      return;
    }
    text = take(OPERATOR);
    if (text === null) {
      throw new SyntaxFault(
        `unexpected character ${JSON.stringify(String.fromCodePoint(this.#source.codePointAt(at) ?? 0))}`,
        line,
      );
    }
    balance(open, text, line);
    this.#tokens.push({ type: 'operator', value: text, line });
  }

  #push(type: 'variable_begin' | 'variable_end' | 'block_begin' | 'block_end' | 'eof'): void {
    this.#tokens.push({ type, value: '', line: this.#line });
  }

  #search(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    return pattern.exec(this.#source);
  }

  #match(pattern: RegExp): string | null {
    return this.#search(pattern)?.[0] ?? null;
  }

  #advance(count: number): void {
    this.#position += count;
    while (this.#lineEnd < this.#position) {
      this.#line++;
      this.#lineEnd = lineEnd(this.#source, this.#lineEnd + 1);
    }
  }
}

function balance(open: string[], operator: string, line: number): void {
  const closing = CLOSING[operator];
  if (closing !== undefined) open.push(closing);
  else if (operator === ')' || operator === ']' || operator === '}') {
    const expected = open.pop();
    if (expected !== operator) throw new SyntaxFault(`unexpected '${operator}'`, line);
  }
}

function rstrip(text: string): string {
  // From the end, as a search for trailing space from the start is quadratic.
  let end = text.length;
  while (end > 0 && isWhite(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** The next line's end at or behind a place; infinity for none, so that it is never looked for again. */
function lineEnd(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return end < 0 ? Number.POSITIVE_INFINITY : end;
}
