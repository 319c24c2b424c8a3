import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import type { DecodedArray, ParquetType, SchemaElement } from 'hyparquet/src/types.js';
import type { PyValue } from '../python/value.ts';
import { bitWidth, readHybrid } from './hybrid.ts';
import { leafConverter, leafType, readText, type Values } from './values.ts';

/** What the values of one page may unpack to, in bytes. A page is about a megabyte, or one very long value. */
export const MAX_PAGE_BYTES = 256 * 1024 ** 2;

/** Turns the bytes of a page, from `at` on, into values. */
export interface ValueDecoder {
  /** `count` values in that encoding. Throws Error where the bytes do not hold them. */
  read(bytes: Uint8Array, encoding: string, count: number): Values;
  /** The values of a dictionary page. */
  readDictionary(bytes: Uint8Array, count: number): void;
}

/** A decoder for the values of one column of one row group; it keeps the column's dictionary. */
export function valueDecoder(element: SchemaElement, type: ParquetType): ValueDecoder {
  const convert = leafConverter(element);
  const isText = type === 'BYTE_ARRAY' && leafType(element).kind === 'string';
  let dictionary: PyValue[] = [];
  const plain = (bytes: Uint8Array, count: number) => {
    if (isText) return readTexts(bytes, count);
    const reader = readerOf(bytes);
    try {
      const values = readPlain(reader, type, count, element.type_length);
      // The library reads on behind the page, where its memory continues.
      if (reader.offset <= bytes.length) return convert(values);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    throw tooShort();
  };
  return {
    read(bytes, encoding, count) {
      if (count === 0) return nothing;
      switch (encoding) {
        case 'PLAIN':
          return plain(bytes, count);
        case 'PLAIN_DICTIONARY':
        case 'RLE_DICTIONARY':
          return lookUp(dictionary, bytes, count);
        case 'RLE':
          if (type !== 'BOOLEAN') throw new Error('a page has runs of values that are no booleans');
          return readBooleans(bytes, count);
        case 'BYTE_STREAM_SPLIT':
          if (count * (element.type_length ?? 1) > bytes.length) throw tooShort();
          return convert(byteStreamSplit(readerOf(bytes), count, type, element.type_length));
        case 'DELTA_BINARY_PACKED':
          return convert(readDeltas(readerOf(bytes), count, type === 'INT32'));
        case 'DELTA_LENGTH_BYTE_ARRAY':
          return convert(readDeltaTexts(bytes, count, false));
        case 'DELTA_BYTE_ARRAY':
          return convert(readDeltaTexts(bytes, count, true));
        default:
          throw new Error(`a page has the encoding ${encoding}, which is not read here`);
      }
    },
    readDictionary(bytes, count) {
      if (!(count >= 0 && count <= bytes.length)) throw new Error(`a dictionary claims to hold ${count} values`);
      const values = count === 0 ? nothing : plain(bytes, count);
      dictionary = Array.from({ length: count }, (_, index) => values(index));
    },
  };
}

/** Levels of a page: how deep each entry is defined, or which list it continues with. */
export function readLevels(bytes: Uint8Array, max: number, count: number): Uint8Array {
  if (max > 255) throw new Error(`values are nested ${max} levels deep`);
  const levels = new Uint8Array(count);
  readHybrid(bytes, bitWidth(max), levels);
  return levels;
}

function readTexts(bytes: Uint8Array, count: number): Values {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Where each text ends; it begins behind the one before and four bytes with its length. */
  const ends = new Int32Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 4 > buffer.length) throw tooShort();
    at += 4 + buffer.readUInt32LE(at);
    if (at > buffer.length) throw tooShort();
    ends[index] = at;
  }
  return (index) => readText(buffer, (ends[index - 1] ?? 0) + 4, ends[index] ?? 0);
}

function lookUp(dictionary: readonly PyValue[], bytes: Uint8Array, count: number): Values {
  const indexes = new Int32Array(count);
  readHybrid(bytes.subarray(1), bytes[0] ?? -1, indexes);
  if (indexes.some((index) => index >= dictionary.length)) {
    throw new Error('a page refers to a value that its dictionary does not hold');
  }
  return (index) => dictionary[indexes[index] ?? -1] ?? null;
}

function readBooleans(bytes: Uint8Array, count: number): Values {
  const bits = new Uint8Array(count);
  // Their length comes first; a page holds nothing else.
  readHybrid(bytes.subarray(4), 1, bits);
  return (index) => bits[index] === 1;
}

function nothing(): never {
  throw new Error('a page holds fewer values than it says');
}

function readDeltas(reader: { view: DataView; offset: number }, count: number, int32: boolean): DecodedArray {
  const values = int32 ? new Int32Array(count) : new BigInt64Array(count);
  deltaBinaryUnpack(reader, count, values);
  return values;
}

/** Texts whose lengths come first, all of them; with `shared` also how much each has in common with the one before. */
function readDeltaTexts(bytes: Uint8Array, count: number, shared: boolean): Uint8Array[] {
  const reader = readerOf(bytes);
  const prefixes = new Int32Array(count);
  const lengths = new Int32Array(count);
  if (shared) deltaBinaryUnpack(reader, count, prefixes);
  deltaBinaryUnpack(reader, count, lengths);
  const values = new Array<Uint8Array>(count);
  let last = new Uint8Array();
  let at = reader.offset;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const prefix = prefixes[index] ?? 0;
    const length = lengths[index] ?? 0;
    if (prefix < 0 || prefix > last.length || length < 0 || at + length > bytes.length) throw tooShort();
    total += prefix + length;
    if (total > MAX_PAGE_BYTES) throw new Error(`a page unpacks to more than ${MAX_PAGE_BYTES} bytes`);
    const value = prefix === 0 ? bytes.slice(at, at + length) : new Uint8Array(prefix + length);
    if (prefix > 0) {
      value.set(last.subarray(0, prefix));
      value.set(bytes.subarray(at, at + length), prefix);
    }
    at += length;
    last = value;
    values[index] = value;
  }
  return values;
}

function tooShort(): Error {
  return new Error('a page holds less than it says');
}

function readerOf(bytes: Uint8Array): { view: DataView; offset: number } {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}
