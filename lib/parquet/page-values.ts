import { readDeltas32, readDeltas64 } from './delta.ts';
import { readHybrid } from './hybrid.ts';
import type { Encoding } from './page-header.ts';
import { checkRest } from './page-levels.ts';
import {
  type Dictionary,
  FixedRun,
  IndexedRun,
  type Indexes,
  KeptRun,
  NO_VALUES,
  NumberRun,
  TextRun,
  textReader,
  type Values,
} from './page-run.ts';
import { fixedValues, joinStreams, textBounds, tooLong, tooShort } from './plain.ts';
import type { Leaf } from './schema.ts';
import type { PhysicalType } from './schema-element.ts';
import { type Convert, leafConverter } from './values.ts';

/** Values of a page, and the bytes that they take, about. */
export interface DecodedValues {
  readonly values: Values;
  readonly bytes: number;
}

/** Turns the bytes of a page into values. */
export interface ValueDecoder {
  /**
   * `count` values in that encoding, which is all that the bytes hold. Throws Error where it is not, or where they unpack to more than
   * `most` bytes.
   */
  read(bytes: Uint8Array, encoding: Encoding, count: number, most: number): DecodedValues;
  /** The values of a dictionary page. */
  readDictionary(bytes: Uint8Array, encoding: Encoding, count: number): void;
  /** Lets go of a dictionary that is not small; whether it has to be read again before more pages with indexes are. */
  forget(): boolean;
}

/**
 * A decoder for the values of one column of one row group; it keeps the column's dictionary. Values of one of up to `keptBytes` are kept
 * once they were made, as they are likely to be wanted again.
 */
export function valueDecoder(leaf: Pick<Leaf, 'element' | 'type'>, keptBytes: number): ValueDecoder {
  const { element } = leaf;
  const { type } = element;
  if (type === undefined) throw new Error(`the column ${JSON.stringify(element.name)} has no type`);
  const convert = leafConverter(element, leaf.type);
  const isText = type === 'BYTE_ARRAY' && leaf.type.kind === 'string';
  let dictionary: Dictionary | undefined;
  const readBytes = textReader(isText, convert);
  const texts = (bytes: Uint8Array, bounds: Int32Array, gap: number) => new TextRun(bytes, bounds, gap, readBytes);
  const plain = (bytes: Uint8Array, count: number): Values => {
    if (type === 'BOOLEAN') return plainBooleans(bytes, count, convert);
    if (type !== 'BYTE_ARRAY') return new FixedRun(type, bytes, count, element.type_length, convert);
    return texts(bytes, textBounds(bytes, count), 4);
  };
  const read = (bytes: Uint8Array, encoding: Encoding, count: number): Values => {
    switch (encoding) {
      case 'PLAIN':
        return plain(bytes, count);
      case 'RLE':
        if (type !== 'BOOLEAN') throw new Error('a page has runs of values that are no booleans');
        return new NumberRun(readBooleans(bytes, count), convert);
      case 'BYTE_STREAM_SPLIT':
        return plain(joinStreams(type, bytes, count, element.type_length), count);
      case 'DELTA_BINARY_PACKED':
        return new NumberRun(readDeltas(type, bytes, count), convert);
      case 'DELTA_LENGTH_BYTE_ARRAY': {
        requireBytes(type, encoding);
        const { values: lengths, end } = readDeltas32(bytes, count);
        const rest = bytes.subarray(end);
        return texts(rest, boundsOf(lengths, rest.length), 0);
      }
      default:
        throw new Error(`a page has the encoding ${encoding}, which is not read here`);
    }
  };
  const readShared = (bytes: Uint8Array, count: number, most: number): DecodedValues => {
    requireBytes(type, 'DELTA_BYTE_ARRAY');
    const { joined, bounds } = joinShared(bytes, count, most);
    if (type === 'FIXED_LEN_BYTE_ARRAY') checkLengths(bounds, element.type_length);
    return { values: texts(joined, bounds, 0), bytes: joined.length };
  };
  return {
    read(bytes, encoding, count, most) {
      if (count === 0) {
        checkNothing(bytes, encoding);
        return { values: NO_VALUES, bytes: 0 };
      }
      if (isIndexed(encoding)) return lookUp(dictionary, bytes, count);
      if (encoding === 'DELTA_BYTE_ARRAY') return readShared(bytes, count, most);
      return { values: read(bytes, encoding, count), bytes: bytes.length };
    },
    readDictionary(bytes, encoding, count) {
      if (encoding !== 'PLAIN' && encoding !== 'PLAIN_DICTIONARY') {
        throw new Error(`a dictionary has the encoding ${encoding}, which is not read here`);
      }
      if (!(count >= 0 && count <= bytes.length)) throw new Error(`a dictionary claims to hold ${count} values`);
      const bounds = type === 'BYTE_ARRAY' ? textBounds(bytes, count) : undefined;
      const values = bounds ? texts(bytes, bounds, 4) : plain(bytes, count);
      const stays = bytes.length <= keptBytes;
      dictionary = { count, values: stays ? new KeptRun(values, count) : values, bytes: bytes.length, stays };
    },
    forget() {
      if (dictionary?.stays === true) return false;
      dictionary = undefined;
      return true;
    },
  };
}

/** Whether values in that encoding are positions in a dictionary. */
export function isIndexed(encoding: Encoding): boolean {
  return encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY';
}

/** Without values, some encodings still have a header, which speaks of none. */
function checkNothing(bytes: Uint8Array, encoding: Encoding): void {
  if (bytes.length === 0) return;
  if (isIndexed(encoding)) checkRest(bytes, 1);
  else if (encoding === 'RLE') checkRest(bytes, 0);
  else if (encoding.startsWith('DELTA')) readDeltas64(bytes, 0);
  else throw tooLong();
}

function lookUp(dictionary: Dictionary | undefined, bytes: Uint8Array, count: number): DecodedValues {
  if (dictionary === undefined) throw new Error('a page refers to a dictionary, and there is none');
  const width = bytes[0] ?? -1;
  const indexes = indexesOf(width, count);
  const runs = bytes.subarray(1);
  checkRest(runs, readHybrid(runs, width, indexes));
  const { values } = dictionary;
  let total = 0;
  for (const index of indexes) {
    if (index >= dictionary.count) throw new Error('a page refers to a value that its dictionary does not hold');
    total += values.sizeAt(index);
  }
  return { values: new IndexedRun(dictionary, indexes), bytes: total };
}

/** Room for numbers of so many bits. */
function indexesOf(width: number, count: number): Indexes {
  if (width <= 8) return new Uint8Array(count);
  return width <= 16 ? new Uint16Array(count) : new Int32Array(count);
}

function plainBooleans(bytes: Uint8Array, count: number, convert: Convert): Values {
  const stored = fixedValues('BOOLEAN', bytes, count, undefined);
  const bits = new Uint8Array(count);
  for (let index = 0; index < count; index++) bits[index] = Number(stored(index));
  return new NumberRun(bits, convert);
}

function readBooleans(bytes: Uint8Array, count: number): Uint8Array {
  // Their length comes first; a page holds nothing else.
  if (bytes.length < 4) throw tooShort();
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length > bytes.length - 4) throw tooShort();
  if (length < bytes.length - 4) throw tooLong();
  const bits = new Uint8Array(count);
  const runs = bytes.subarray(4);
  checkRest(runs, readHybrid(runs, 1, bits));
  for (const bit of bits) if (bit > 1) throw new Error(`a page has a boolean of ${bit}`);
  return bits;
}

function readDeltas(type: PhysicalType, bytes: Uint8Array, count: number): Int32Array | BigInt64Array {
  if (type !== 'INT32' && type !== 'INT64') throw new Error('a page has differences of values that are no ints');
  const { values, end } = type === 'INT32' ? readDeltas32(bytes, count) : readDeltas64(bytes, count);
  if (end < bytes.length) throw tooLong();
  return values;
}

/** Where texts begin that follow each other, and the last one ends, by their lengths, which must add up to `total`. */
function boundsOf(lengths: Int32Array, total: number): Int32Array {
  const bounds = new Int32Array(lengths.length + 1);
  let at = 0;
  for (const [index, length] of lengths.entries()) {
    if (length < 0 || at + length > total) throw tooShort();
    at += length;
    bounds[index + 1] = at;
  }
  if (at < total) throw tooLong();
  return bounds;
}

/** Texts that are written without what they have in common with the one before (DELTA_BYTE_ARRAY), put together. */
function joinShared(bytes: Uint8Array, count: number, most: number): { joined: Uint8Array; bounds: Int32Array } {
  const { values: prefixes, end } = readDeltas32(bytes, count);
  const rest = bytes.subarray(end);
  const { values: lengths, end: start } = readDeltas32(rest, count);
  const suffixes = rest.subarray(start);
  const from = boundsOf(lengths, suffixes.length);
  const bounds = new Int32Array(count + 1);
  let total = 0;
  let before = 0;
  for (const [index, prefix] of prefixes.entries()) {
    if (prefix < 0 || prefix > before) throw tooShort();
    before = prefix + (lengths[index] ?? 0);
    total += before;
    if (total > most) throw new Error(`a page unpacks to more than ${most} bytes`);
    bounds[index + 1] = total;
  }
  const joined = new Uint8Array(total);
  for (const [index, prefix] of prefixes.entries()) {
    const at = bounds[index] ?? 0;
    const last = bounds[index - 1] ?? 0;
    if (prefix > 0) joined.copyWithin(at, last, last + prefix);
    joined.set(suffixes.subarray(from[index], from[index + 1]), at + prefix);
  }
  return { joined, bounds };
}

function checkLengths(bounds: Int32Array, length: number | undefined): void {
  for (let index = 1; index < bounds.length; index++) {
    if ((bounds[index] ?? 0) - (bounds[index - 1] ?? 0) !== length)
      throw new Error(`a page has values of other lengths than ${length}`);
  }
}

function requireBytes(type: PhysicalType, encoding: Encoding): void {
  const fits = type === 'BYTE_ARRAY' || (type === 'FIXED_LEN_BYTE_ARRAY' && encoding === 'DELTA_BYTE_ARRAY');
  if (!fits) throw new Error(`a page has the encoding ${encoding}, which values of the type ${type} can't have`);
}
