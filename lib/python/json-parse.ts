import type { PyDict, PyValue } from './value.ts';

/** The text is no JSON to Python (json.JSONDecodeError), or nested too deeply. `position` counts code points. */
export class PyJsonError extends Error {
  override readonly name = 'PyJsonError';
  readonly position: number;
  constructor(what: string, position: number) {
    super(`${what}: char ${position}`);
    this.position = position;
  }
}

/** How {@link loads} reads. */
export interface LoadsOptions {
  /** How many lists and dicts may lie inside one another. */
  maxDepth?: number;
}

/** Python refuses to read longer ints from decimal digits (sys.int_info.default_max_str_digits). */
const MAX_INT_DIGITS = 4300;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
/** Characters that a JSON string may hold as they are, up to the next that needs a look. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside strings
const PLAIN = /[^"\\\0-\x1f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const CONSTANTS: readonly (readonly [string, PyValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

/**
 * Reads JSON as `json.loads` does: ints of any size as bigint, numbers with a point or an exponent as floats, dicts in
 * the order of their keys (also those that look like numbers; of equal ones the last value in the first place), half
 * surrogate pairs kept, `NaN` and `Infinity` accepted.
 * @throws PyJsonError where Python would raise JSONDecodeError, and beyond `maxDepth` (200 unless given)
 */
export function loads(text: string, { maxDepth = 200 }: LoadsOptions = {}): PyValue {
  return new JsonReader(text, maxDepth).document();
}

class JsonReader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): PyValue {
    if (this.#text.startsWith('\ufeff')) throw this.#error('Unexpected UTF-8 BOM');
    this.#skipWhite();
    const value = this.#value(0);
    this.#skipWhite();
    if (this.#at < this.#text.length) throw this.#error('Extra data');
    return value;
  }

  #value(depth: number): PyValue {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x22:
        return this.#string();
      case 0x7b:
        return this.#dict(depth + 1);
      case 0x5b:
        return this.#list(depth + 1);
      default:
        return this.#scalar();
    }
  }

  #scalar(): PyValue {
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text);
    if (number !== null) {
      const [digits, fraction, exponent] = number;
      if (fraction !== undefined || exponent !== undefined) {
        this.#at += digits.length;
        return Number(digits);
      }
      if (digits.length > MAX_INT_DIGITS && digits.replace('-', '').length > MAX_INT_DIGITS) {
        throw this.#error(`Integer of more than ${MAX_INT_DIGITS} digits`);
      }
      this.#at += digits.length;
      return BigInt(digits);
    }
    for (const [word, value] of CONSTANTS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    throw this.#error('Expecting value');
  }

  #list(depth: number): PyValue[] {
    const items: PyValue[] = [];
    if (this.#enter(depth) === ']') return this.#leave(items);
    for (;;) {
      items.push(this.#value(depth));
      this.#skipWhite();
      const mark = this.#text[this.#at];
      if (mark === ']') return this.#leave(items);
      if (mark !== ',') throw this.#error("Expecting ',' delimiter");
      this.#at++;
      this.#skipWhite();
    }
  }

  #dict(depth: number): PyDict {
    const dict: PyDict = new Map();
    if (this.#enter(depth) === '}') return this.#leave(dict);
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#error('Expecting property name enclosed in double quotes');
      const key = this.#string();
      this.#skipWhite();
      if (this.#text[this.#at] !== ':') throw this.#error("Expecting ':' delimiter");
      this.#at++;
      this.#skipWhite();
      dict.set(key, this.#value(depth));
      this.#skipWhite();
      const mark = this.#text[this.#at];
      if (mark === '}') return this.#leave(dict);
      if (mark !== ',') throw this.#error("Expecting ',' delimiter");
      this.#at++;
      this.#skipWhite();
    }
  }

  /** Steps over the opening bracket; returns the first character that is not white. */
  #enter(depth: number): string | undefined {
    if (depth > this.#maxDepth) throw this.#error(`Nested more than ${this.#maxDepth} deep`);
    this.#at++;
    this.#skipWhite();
    return this.#text[this.#at];
  }

  #leave<T>(value: T): T {
    this.#at++;
    return value;
  }

  #string(): string {
    const start = this.#at++;
    let result = '';
    for (;;) {
      PLAIN.lastIndex = this.#at;
      PLAIN.exec(this.#text);
      result += this.#text.slice(this.#at, PLAIN.lastIndex);
      this.#at = PLAIN.lastIndex;
      const mark = this.#text[this.#at];
      if (mark === '"') {
        this.#at++;
        return result;
      }
      if (mark === undefined) throw this.#error('Unterminated string starting at', start);
      if (mark !== '\\') throw this.#error('Invalid control character at');
      result += this.#escape(start);
    }
  }

  #escape(start: number): string {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw this.#error('Unterminated string starting at', start);
    if (letter === 'u') {
      const hex = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#error('Invalid \\uXXXX escape', this.#at + 1);
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (character === undefined) throw this.#error('Invalid \\escape', this.#at);
    this.#at += 2;
    return character;
  }

  #skipWhite(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #error(what: string, at = this.#at): PyJsonError {
    return new PyJsonError(what, [...this.#text.slice(0, at)].length);
  }
}
