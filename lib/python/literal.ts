import { KeyIndex } from './dict.ts';
import { PySyntaxError, PyTypeError, PyUnsupportedError, PyValueError } from './exceptions.ts';
import { readString } from './literal-string.ts';
import { bytesLiteral, ELLIPSIS, PyComplex, PySet } from './literal-values.ts';
import { type PyDict, PyTuple, type PyValue } from './value.ts';

export { PySyntaxError, PyTypeError, PyUnsupportedError, PyValueError } from './exceptions.ts';

/** How many brackets may lie inside one another, as in CPython's tokenizer (MAXLEVEL). */
const MAX_DEPTH = 200;
const MAX_INT_DIGITS = 4300;
/** Longer numbers are no literals to be read: Python refuses ints of more digits, and no float needs them. */
const MAX_NUMBER_CHARS = 20_000;
const NUMBER_CHARS = /(?:[eE][-+]|[0-9A-Za-z_.])/y;
const NUMBER =
  /^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?|[0-9](?:_?[0-9])*\.?(?:[eE][-+]?[0-9](?:_?[0-9])*)?)/;
const WORD = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{M}_]*/uy;
const WORDS: ReadonlyMap<string, PyValue> = new Map([
  ['None', null],
  ['True', true],
  ['False', false],
]);

/**
 * `ast.literal_eval(text)`: numbers (a sign before them, complex ones too), strings, bytes, None, True, False, `...`, and
 * lists, tuples, dicts and sets of them. Bytes, complex numbers, sets and `...` come back opaque. Takes time that grows with
 * the text's length only.
 *
 * Where the text is something else, Python raises SyntaxError if it is no expression and ValueError if it is one. Every
 * such text throws one of the two here as well, though which of them is decided only by the first thing out of place.
 * @throws PySyntaxError for text that is no Python expression
 * @throws PyValueError for an expression that is no literal
 * @throws PyTypeError for a dict key or set item that cannot be one (list, dict)
 * @throws PyUnsupportedError for sets of several items, numbers of very many digits and characters by name, which Python could read
 */
export function literalEval(text: string): PyValue {
  if (text.includes('\0')) throw new PyValueError('source code string cannot contain null bytes');
  if (!text.isWellFormed()) throw new PyValueError('source code string cannot contain half surrogate pairs');
  const source = text.replace(/^[ \t]+/, '').replace(/\r\n?/g, '\n');
  return new LiteralReader(source).expression();
}

class LiteralReader {
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
    if (mark === '-' || mark === '+') return this.#sum(this.#signed(mark));
    if (this.#source.startsWith('...', this.#at)) {
      this.#at += 3;
      return ELLIPSIS;
    }
    const number = this.#number();
    return number === undefined ? (this.#strings() ?? this.#word()) : this.#sum(number);
  }

  /** A number, or the complex one that it begins: `1+2j`. */
  #sum(left: PyValue): PyValue {
    if (typeof left !== 'bigint' && typeof left !== 'number') return left;
    this.#skip();
    const sign = this.#peek();
    if (sign !== '-' && sign !== '+') return left;
    const before = this.#at++;
    this.#skip();
    const right = this.#peek() === '(' ? this.#group() : this.#number();
    if (right === undefined && this.#peek() === '') throw new PySyntaxError('invalid syntax');
    if (!(right instanceof PyComplex) || !right.isPlain) {
      throw new PyValueError(`malformed node or string: an operator at ${before}`);
    }
    const real = Number(left);
    if (typeof left === 'bigint' && !Number.isFinite(real))
      throw new PyUnsupportedError('An int is too large for a float.');
    // As Python adds them: minus zero plus zero is zero.
    return sign === '+'
      ? new PyComplex(real + right.real, right.imag, false)
      : new PyComplex(real - right.real, -right.imag, false);
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
    return items.length === 1 && commas === 0 && first !== undefined ? this.#sum(first) : new PyTuple(items);
  }

  #braces(): PyDict | PySet {
    this.#open();
    const dict: PyDict = new Map();
    const keys = new KeyIndex();
    let isSet: boolean | null = null;
    let open = true;
    while (!this.#take('}')) {
      if (!open) throw this.#outOfPlace();
      const key = this.#item();
      const hasValue = this.#take(':');
      isSet ??= !hasValue;
      if (isSet === hasValue) throw this.#outOfPlace();
      this.#add(dict, keys, key, isSet ? null : this.#item());
      open = this.#take(',');
    }
    this.#depth--;
    if (!isSet) return dict;
    const [first, ...more] = dict.keys();
    if (more.length > 0)
      this.#trouble ??= new PyUnsupportedError('Sets of several items have no order to print them in.');
    return new PySet(first);
  }

  #add(dict: PyDict, keys: KeyIndex, key: PyValue, value: PyValue): void {
    try {
      if (key instanceof PySet) throw new PyTypeError("unhashable type: 'set'");
      if (key instanceof PyComplex && key.imag === 0)
        throw new PyUnsupportedError('A complex key that equals a float.');
      dict.set(keys.known(key), value);
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
    if (value instanceof PyComplex && value.isPlain) {
      return sign === '-'
        ? new PyComplex(-value.real, -value.imag, false)
        : new PyComplex(value.real, value.imag, false);
    }
    if (value === undefined && this.#peek() === '') throw new PySyntaxError('invalid syntax');
    throw new PyValueError(`malformed node or string: a sign before what is no number, at ${this.#at}`);
  }

  #number(): PyValue | undefined {
    const text = this.#numberText();
    const raw = NUMBER.exec(text)?.[0];
    if (raw === undefined) return undefined;
    this.#at += raw.length;
    const isComplex = /^[jJ]/.test(this.#peek());
    if (isComplex) this.#at++;
    if (/^[\p{L}\p{N}_]/u.test(this.#source.slice(this.#at, this.#at + 2)) || (isComplex && /^0[xob]/i.test(raw))) {
      throw new PySyntaxError('invalid decimal literal');
    }
    if (isComplex) return new PyComplex(0, Number(raw.replaceAll('_', '')), true);
    const digits = raw.replaceAll('_', '');
    if (/^0[xob]/i.test(digits)) return BigInt(digits.toLowerCase());
    if (/[.e]/i.test(digits)) return Number(digits);
    if (/^0+[1-9]/.test(digits)) throw new PySyntaxError('leading zeros in decimal integer literals are not permitted');
    if (digits.length > MAX_INT_DIGITS) throw new PySyntaxError(`integer of more than ${MAX_INT_DIGITS} digits`);
    return BigInt(digits);
  }

  /** All that could belong to a number here. */
  #numberText(): string {
    let end = this.#at;
    for (;;) {
      NUMBER_CHARS.lastIndex = end;
      const found = NUMBER_CHARS.exec(this.#source);
      if (found === null) break;
      end += found[0].length;
    }
    const text = this.#source.slice(this.#at, end);
    if (text.length <= MAX_NUMBER_CHARS || !/^\.?[0-9]/.test(text)) return text.slice(0, MAX_NUMBER_CHARS);
    if (/^[0-9_]+$/.test(text)) throw new PySyntaxError(`integer of more than ${MAX_INT_DIGITS} digits`);
    throw new PyUnsupportedError(`A number of more than ${MAX_NUMBER_CHARS} characters.`);
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
    return isBytes ? bytesLiteral(value) : value;
  }

  #word(): PyValue {
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.#source)?.[0];
    if (word === undefined) throw this.#outOfPlace();
    this.#at += word.length;
    if (word === 'set') {
      this.#skip();
      if (this.#peek() === '(' && this.#items(')').items.length === 0) return new PySet();
    }
    const value = WORDS.get(word);
    if (value === undefined) throw new PyValueError(`malformed node or string: the name ${word} at ${this.#at}`);
    return value;
  }

  /** The failure at a character that no literal can have there. */
  #outOfPlace(): PySyntaxError | PyValueError {
    const rest = this.#source.slice(this.#at, this.#at + 2);
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
    const source = this.#source;
    const inBrackets = this.#depth > 0;
    for (;;) {
      const mark = source[this.#at];
      if (mark === ' ' || mark === '\t' || mark === '\f' || (mark === '\n' && inBrackets)) this.#at++;
      else if (mark === '\\' && source[this.#at + 1] === '\n' && this.#at + 2 < source.length) this.#at += 2;
      else if (mark === '#' && inBrackets) this.#at = lineEnd(source, this.#at);
      else return;
    }
  }

  /** Skips the rest of the line, lines without content, and blanks, but no indentation: that is an error. */
  #skipBlankLines(): void {
    const source = this.#source;
    for (;;) {
      let end = this.#at;
      while (source[end] === ' ' || source[end] === '\t' || source[end] === '\f') end++;
      const indent = source.slice(this.#at, end);
      const isComment = source[end] === '#';
      this.#at = isComment ? lineEnd(source, end) : end;
      if (source[this.#at] === '\n') this.#at++;
      else if (!isComment && /[ \t]/.test(indent)) throw new PySyntaxError('unexpected indent');
      else return;
    }
  }
}

/** Where the line ends, or the source. */
function lineEnd(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return end < 0 ? source.length : end;
}
