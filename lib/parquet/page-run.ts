import type { PyValue } from '../python/value.ts';
import type { Memory, Numbers } from './memory.ts';
import { fixedValues, type Stored, storedWidth } from './plain.ts';
import type { PhysicalType } from './schema-element.ts';
import { type Convert, readText } from './values.ts';

/** Values in the order of a page. What is asked for is made then, so that it lives no longer than its row. */
export interface Values {
  at(index: number): PyValue;
  /** Bytes that a value takes here. */
  sizeAt(index: number): number;
  /** Those from `from` up to, not including, `to`, with nothing else, in that memory. */
  copy(from: number, to: number, memory: Memory): Values;
  /** Those at the indexes, in that memory. */
  gather(indexes: Indexes, memory: Memory): Values;
}

/** Positions in a dictionary. */
export type Indexes = Uint8Array | Uint16Array | Int32Array;

/** Shorter texts are copied byte by byte, which is faster than asking for it. */
const SHORT_BYTES = 32;

/** Makes a value of the bytes from `start` up to, not including, `end`. */
export type ReadBytes = (bytes: Buffer, start: number, end: number) => PyValue;

/** Texts and bytes of any length; where each begins, behind a gap that is no part of it, and the last one ends. */
export class TextRun implements Values {
  readonly #bytes: Buffer;
  readonly #bounds: Int32Array;
  readonly #gap: number;
  readonly #read: ReadBytes;

  constructor(bytes: Uint8Array, bounds: Int32Array, gap: number, read: ReadBytes) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bounds = bounds;
    this.#gap = gap;
    this.#read = read;
  }

  at(index: number): PyValue {
    return this.#read(this.#bytes, this.#start(index), this.#bounds[index + 1] ?? 0);
  }

  sizeAt(index: number): number {
    return (this.#bounds[index + 1] ?? 0) - (this.#bounds[index] ?? 0);
  }

  copy(from: number, to: number, memory: Memory): Values {
    const start = this.#bounds[from] ?? 0;
    const bounds = memory.ints(to - from + 1);
    for (let index = from; index <= to; index++) bounds[index - from] = (this.#bounds[index] ?? 0) - start;
    const bytes = memory.keep<Uint8Array>(this.#bytes.subarray(start, this.#bounds[to]));
    return new TextRun(bytes, bounds, this.#gap, this.#read);
  }

  gather(indexes: Indexes, memory: Memory): Values {
    const bounds = memory.ints(indexes.length + 1);
    let total = 0;
    bounds[0] = 0;
    for (let at = 0; at < indexes.length; at++) {
      total += this.sizeAt(indexes[at] ?? 0) - this.#gap;
      bounds[at + 1] = total;
    }
    const bytes = memory.bytes(total);
    const source = this.#bytes;
    for (let at = 0; at < indexes.length; at++) {
      const index = indexes[at] ?? 0;
      const start = this.#start(index);
      const end = this.#bounds[index + 1] ?? 0;
      const to = bounds[at] ?? 0;
      if (end - start > SHORT_BYTES) bytes.set(source.subarray(start, end), to);
      else for (let byte = start; byte < end; byte++) bytes[to + byte - start] = source[byte] ?? 0;
    }
    return new TextRun(bytes, bounds, 0, this.#read);
  }

  #start(index: number): number {
    return (this.#bounds[index] ?? 0) + this.#gap;
  }
}

/** Values of one length each. */
export class FixedRun implements Values {
  readonly #type: PhysicalType;
  readonly #bytes: Uint8Array;
  readonly #width: number;
  readonly #convert: Convert;
  readonly #stored: Stored;

  /** Throws Error where the bytes are not `count` such values. `length` is that of the type whose values have none by themselves. */
  constructor(type: PhysicalType, bytes: Uint8Array, count: number, length: number | undefined, convert: Convert) {
    this.#type = type;
    this.#bytes = bytes;
    this.#width = storedWidth(type, length);
    this.#convert = convert;
    this.#stored = fixedValues(type, bytes, count, length);
  }

  at(index: number): PyValue {
    return this.#convert(this.#stored(index));
  }

  sizeAt(): number {
    return this.#width;
  }

  copy(from: number, to: number, memory: Memory): Values {
    return this.#of(memory.keep(this.#bytes.subarray(from * this.#width, to * this.#width)), to - from);
  }

  gather(indexes: Indexes, memory: Memory): Values {
    const width = this.#width;
    const bytes = memory.bytes(indexes.length * width);
    for (let at = 0; at < indexes.length; at++) {
      const start = (indexes[at] ?? 0) * width;
      for (let byte = 0; byte < width; byte++) bytes[at * width + byte] = this.#bytes[start + byte] ?? 0;
    }
    return this.#of(bytes, indexes.length);
  }

  #of(bytes: Uint8Array, count: number): Values {
    return new FixedRun(this.#type, bytes, count, this.#width, this.#convert);
  }
}

/** Numbers that were unpacked already. */
export class NumberRun implements Values {
  readonly #numbers: Numbers;
  readonly #convert: Convert;

  constructor(numbers: Numbers, convert: Convert) {
    this.#numbers = numbers;
    this.#convert = convert;
  }

  at(index: number): PyValue {
    return this.#convert(this.#numbers[index]);
  }

  sizeAt(): number {
    return this.#numbers.BYTES_PER_ELEMENT;
  }

  copy(from: number, to: number, memory: Memory): Values {
    return new NumberRun(memory.keep<Numbers>(this.#numbers.subarray(from, to)), this.#convert);
  }

  gather(indexes: Indexes, memory: Memory): Values {
    if (!(this.#numbers instanceof Uint8Array)) throw new Error('differences are in no dictionary');
    const numbers = memory.bytes(indexes.length);
    for (let at = 0; at < indexes.length; at++) numbers[at] = this.#numbers[indexes[at] ?? 0] ?? 0;
    return new NumberRun(numbers, this.#convert);
  }
}

/** Values of a dictionary. */
export interface Dictionary {
  readonly count: number;
  readonly values: Values;
  /** Of all of it. */
  readonly bytes: number;
  /** Whether it stays where it is while its column is left and read again. */
  readonly stays: boolean;
}

/** Values that are positions in a dictionary. */
export class IndexedRun implements Values {
  readonly #dictionary: Dictionary;
  readonly #indexes: Indexes;

  constructor(dictionary: Dictionary, indexes: Indexes) {
    this.#dictionary = dictionary;
    this.#indexes = indexes;
  }

  at(index: number): PyValue {
    return this.#dictionary.values.at(this.#indexes[index] ?? -1);
  }

  sizeAt(index: number): number {
    return this.#dictionary.values.sizeAt(this.#indexes[index] ?? -1);
  }

  copy(from: number, to: number, memory: Memory): Values {
    const indexes = this.#indexes.subarray(from, to);
    const { count, values, bytes, stays } = this.#dictionary;
    if (stays) return new IndexedRun(this.#dictionary, memory.keep<Indexes>(indexes));
    let wanted = 0;
    for (let index = from; index < to && wanted < bytes; index++) wanted += this.sizeAt(index);
    // The texts themselves, where they are fewer than those of the dictionary.
    if (wanted < bytes) return values.gather(indexes, memory);
    const own = { count, values: values.copy(0, count, memory), bytes, stays };
    return new IndexedRun(own, memory.keep<Indexes>(indexes));
  }

  gather(): Values {
    throw new Error('a dictionary has no dictionary');
  }
}

/** The same values, each made only once. */
export class KeptRun implements Values {
  readonly #values: Values;
  readonly #kept: (PyValue | undefined)[];

  constructor(values: Values, count: number) {
    this.#values = values;
    this.#kept = new Array<PyValue | undefined>(count).fill(undefined);
  }

  at(index: number): PyValue {
    const known = this.#kept[index];
    if (known !== undefined) return known;
    const value = this.#values.at(index);
    this.#kept[index] = value;
    return value;
  }

  sizeAt(index: number): number {
    return this.#values.sizeAt(index);
  }

  copy(from: number, to: number, memory: Memory): Values {
    return this.#values.copy(from, to, memory);
  }

  gather(indexes: Indexes, memory: Memory): Values {
    return this.#values.gather(indexes, memory);
  }
}

/** A page without values. */
export const NO_VALUES: Values = {
  at: none,
  sizeAt: none,
  copy: () => NO_VALUES,
  gather: none,
};

function none(): never {
  throw new Error('a page holds fewer values than it says');
}

/** What makes of a text's bytes its value: a text, or what its type makes of bytes. */
export function textReader(isText: boolean, convert: Convert): ReadBytes {
  return isText ? readText : (bytes, start, end) => convert(bytes.subarray(start, end));
}
