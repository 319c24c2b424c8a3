import { dictSet } from './compare.ts';
import { PySyntaxError, PyUnsupportedError, PyValueError } from './exceptions.ts';
import { readString } from './literal-string.ts';
import { type PyDict, PyOpaque, PyTuple, type PyValue } from './value.ts';

export { PySyntaxError, PyTypeError, PyUnsupportedError, PyValueError } from './exceptions.ts';

/** How many brackets may lie inside one another, as in CPython's tokenizer (MAXLEVEL). */
const MAX_DEPTH = 200;
const MAX_INT_DIGITS = 4300;
const NUMBER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?|[0-9](?:_?[0-9])*\.?(?:[eE][-+]?[0-9](?:_?[0-9])*)?/y;
const WORD = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{M}_]*/uy;
const WORDS: ReadonlyMap<string, PyValue> = new Map([
  ['None', null],
  ['True', true],
  ['False', false],
]);

/**
 * `ast.literal_eval(text)`: numbers (a sign before them), strings, bytes, None, True, False, and lists, tuples and dicts
 * of them. Bytes come back opaque.
 *
 * Where the text is something else, Python raises SyntaxError if it is no expression and ValueError if it is one. Every
 * such text throws one of the two here as well, though which of them is decided only by the first thing out of place.
 * @throws PySyntaxError for text that is no Python expression
 * @throws PyValueError for an expression that is no literal
 * @throws PyTypeError for a dict key or set item that cannot be one (list, dict)
 * @throws PyUnsupportedError for sets, complex numbers and characters by name, which Python could read
 */
export function literalEval(text: string): PyValue {
  if (text.includes('\0')) throw new PyValueError('source code string cannot contain null bytes');
  if (!text.isWellFormed()) throw new PyValueError('source code string cannot contain half surrogate pairs');
  const source = text.replace(/^[ \t]+/, '').replace(/\r\n?/g, '\n');
  return new Reader(source).expression();
}

class Reader {
  readonly #source: string;
  #at = 0;
  #depth = 0;
  /** What is wrong with a key or a set: Python reports it only once it has read the whole text. */
  #trouble: unknown = null;

  constructor(source: string) {
    this.#source = source;
  }

  /** The whole source: one item, or several with commas between them, which make a tuple. */
  expression(): PyValue {
    this.#skipBlankLines();
    const first = this.#item();
    this.#skip();
    let value = first;
    if (this.#peek() === ',') {
      const items = [first];
      while (this.#take(',')) {
        this.#skip();
        if (/^[\n#]?$/.test(this.#peek())) break;
        items.push(this.#item());
        this.#skip();
      }
      value = new PyTuple(items);
    }
    this.#skipBlankLines();
    if (this.#at < this.#source.length) throw this.#outOfPlace();
    if (this.#trouble !== null) throw this.#trouble;
    return value;
  }

  #item(): PyValue {
    this.#skip();
    const mark = this.#peek();
    if (mark === '[') return this.#items(']').items;
    if (mark === '(') return this.#group();
    if (mark === '{') return this.#braces();
    if (mark === '-' || mark === '+') return this.#signed(mark);
    return this.#number() ?? this.#strings() ?? this.#word();
  }

  /** Items between brackets; `commas` distinguishes `(1)` from `(1,)`. */
  #items(close: string): { items: PyValue[]; commas: number } {
    this.#open();
    const items: PyValue[] = [];
    let commas = 0;
    while (!this.#take(close)) {
      if (commas < items.length) throw this.#outOfPlace();
      items.push(this.#item());
      if (this.#take(',')) commas++;
    }
    this.#depth--;
    return { items, commas };
  }

  #group(): PyValue {
    const { items, commas } = this.#items(')');
    const [first] = items;
    return items.length === 1 && commas === 0 && first !== undefined ? first : new PyTuple(items);
  }

  #braces(): PyDict {
    this.#open();
    const dict: PyDict = new Map();
    let isSet: boolean | null = null;
    let open = true;
    while (!this.#take('}')) {
      if (!open) throw this.#outOfPlace();
      const key = this.#item();
      const hasValue = this.#take(':');
      isSet ??= !hasValue;
      if (isSet === hasValue) throw this.#outOfPlace();
      this.#add(dict, key, isSet ? null : this.#item());
      open = this.#take(',');
    }
    this.#depth--;
    if (isSet) this.#trouble ??= new PyUnsupportedError('Sets are not supported in literals.');
    return dict;
  }

  #add(dict: PyDict, key: PyValue, value: PyValue): void {
    try {
      dictSet(dict, key, value);
    } catch (error) {
      this.#trouble ??= error;
    }
  }

  #open(): void {
    this.#at++;
    if (++this.#depth > MAX_DEPTH) throw new PySyntaxError('too many nested parentheses');
  }

  #signed(sign: string): PyValue {
    this.#at++;
    this.#skip();
    const parenthesised = this.#peek() === '(';
    if (/^[(\s]*[-+]/.test(this.#source.slice(this.#at))) throw new PyValueError('malformed node or string: two signs');
    const value = parenthesised ? this.#group() : this.#number();
    if (typeof value === 'bigint' || typeof value === 'number') return sign === '-' ? -value : value;
    if (value === undefined && this.#peek() === '') throw new PySyntaxError('invalid syntax');
    throw new PyValueError(`malformed node or string: a sign before what is no number, at ${this.#at}`);
  }

  #number(): PyValue | undefined {
    NUMBER.lastIndex = this.#at;
    const raw = NUMBER.exec(this.#source)?.[0];
    if (raw === undefined) return undefined;
    this.#at += raw.length;
    if (/^[jJ]/.test(this.#peek())) throw new PyUnsupportedError('Complex numbers are not supported in literals.');
    if (/^[\p{L}\p{N}_]/u.test(this.#source.slice(this.#at, this.#at + 2)))
      throw new PySyntaxError('invalid decimal literal');
    const digits = raw.replaceAll('_', '');
    if (/^0[xob]/i.test(digits)) return BigInt(digits.toLowerCase());
    if (/[.e]/i.test(digits)) return Number(digits);
    if (/^0+[1-9]/.test(digits)) throw new PySyntaxError('leading zeros in decimal integer literals are not permitted');
    if (digits.length > MAX_INT_DIGITS) throw new PySyntaxError(`integer of more than ${MAX_INT_DIGITS} digits`);
    return BigInt(digits);
  }

  /** One string token, or several in a row, which are one string. */
  #strings(): PyValue | undefined {
    let token = readString(this.#source, this.#at);
    if (token === null) return undefined;
    const { isBytes } = token;
    let value = '';
    while (token !== null) {
      if (token.isBytes !== isBytes) throw new PySyntaxError('cannot mix bytes and nonbytes literals');
      value += token.value;
      this.#at = token.end;
      this.#skip();
      token = readString(this.#source, this.#at);
    }
    return isBytes ? bytes(value) : value;
  }

  #word(): PyValue {
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.#source)?.[0];
    if (word === undefined) throw this.#outOfPlace();
    this.#at += word.length;
    const value = WORDS.get(word);
    if (value === undefined) throw new PyValueError(`malformed node or string: the name ${word} at ${this.#at}`);
    return value;
  }

  /** The failure at a character that no literal can have there. */
  #outOfPlace(): PySyntaxError | PyValueError | PyUnsupportedError {
    const rest = this.#source.slice(this.#at, this.#at + 2);
    if (/^[-+][ \t]*[0-9._e]*[jJ]/.test(this.#source.slice(this.#at))) {
      return new PyUnsupportedError('Complex numbers are not supported in literals.');
    }
    // An operator, call, index or attribute: an expression, if a complete one.
    if (this.#at > 0 && /^(?:[-+*/%@&|^.<>([]|[!=]=)/.test(rest)) {
      return new PyValueError(`malformed node or string: an operator at ${this.#at}`);
    }
    return new PySyntaxError(`invalid syntax at ${this.#at}`);
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #take(mark: string): boolean {
    this.#skip();
    if (this.#peek() !== mark) return false;
    this.#at++;
    return true;
  }

  /** Skips blanks and continued lines, and inside brackets also line ends and comments. */
  #skip(): void {
    const blank = this.#depth > 0 ? /(?:[ \t\f\n]|\\\n(?!$)|#[^\n]*)*/y : /(?:[ \t\f]|\\\n(?!$))*/y;
    blank.lastIndex = this.#at;
    this.#at += blank.exec(this.#source)?.[0].length ?? 0;
  }

  /** Skips the rest of the line, lines without content, and blanks, but no indentation: that is an error. */
  #skipBlankLines(): void {
    const blank = /((?:[ \t\f]*(?:#[^\n]*)?\n)*)([ \t\f]*)(#[^\n]*)?/y;
    blank.lastIndex = this.#at;
    const [, lines = '', indent = '', comment = ''] = blank.exec(this.#source) ?? [];
    this.#at += lines.length + indent.length + comment.length;
    if (comment === '' && /[ \t]/.test(indent)) throw new PySyntaxError('unexpected indent');
  }
}

/** A bytes value: opaque, printed as Python prints it, stored by MongoDB as binary. */
function bytes(value: string): PyOpaque {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const inner = value.replace(/[^ -~]|['"\\]/g, (character) => {
    if (character === '\\' || character === quote) return `\\${character}`;
    if (character === '"' || character === "'") return character;
    const short = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }[character];
    return short ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  const repr = `b${quote}${inner}${quote}`;
  return new PyOpaque(repr, repr, Buffer.from(value, 'latin1'));
}
