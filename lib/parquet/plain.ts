import type { PhysicalType } from './schema-element.ts';

/** A stored value by its position: number, bigint, boolean or bytes. */
export type Stored = (index: number) => unknown;

const WIDTHS: Readonly<Record<PhysicalType, number | undefined>> = {
  // A bit each.
  BOOLEAN: 0,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
  FIXED_LEN_BYTE_ARRAY: undefined,
  BYTE_ARRAY: undefined,
};

/** Bytes of a value of a type whose values are all of one length. Throws Error where a schema gives none. */
export function storedWidth(type: PhysicalType, length: number | undefined): number {
  const width = WIDTHS[type] ?? length;
  if (width === undefined || width < 0) throw new Error(`values of the type ${type} have no length`);
  return width;
}

/** Values of one length each, one behind the other and nothing behind them. Throws Error where the bytes are others. */
export function fixedValues(type: PhysicalType, bytes: Uint8Array, count: number, length: number | undefined): Stored {
  if (type === 'BOOLEAN') {
    requireLength(bytes, Math.ceil(count / 8));
    return (index) => (((bytes[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  }
  const width = storedWidth(type, length);
  requireLength(bytes, count * width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'INT32':
      return (index) => view.getInt32(index * 4, true);
    case 'INT64':
      return (index) => view.getBigInt64(index * 8, true);
    case 'INT96':
      return (index) => (BigInt(view.getUint32(index * 12 + 8, true)) << 64n) | view.getBigUint64(index * 12, true);
    case 'FLOAT':
      return (index) => view.getFloat32(index * 4, true);
    case 'DOUBLE':
      return (index) => view.getFloat64(index * 8, true);
    default:
      return (index) => bytes.subarray(index * width, (index + 1) * width);
  }
}

/**
 * Where values with their length before them begin (with the four bytes of it), and the last one ends. Throws Error where they are not
 * exactly as long as the bytes.
 */
export function textBounds(bytes: Uint8Array, count: number): Int32Array {
  // Each takes at least its length's four bytes.
  if (count * 4 > bytes.length) throw tooShort();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bounds = new Int32Array(count + 1);
  let at = 0;
  for (let index = 1; index <= count; index++) {
    if (at + 4 > bytes.length) throw tooShort();
    at += 4 + view.getUint32(at, true);
    if (at > bytes.length) throw tooShort();
    bounds[index] = at;
  }
  if (at < bytes.length) throw tooLong();
  return bounds;
}

/** The values of BYTE_STREAM_SPLIT, of which all first bytes come first, then all second ones, in the order of PLAIN. */
export function joinStreams(
  type: PhysicalType,
  bytes: Uint8Array,
  count: number,
  length: number | undefined,
): Uint8Array {
  const width = storedWidth(type, length);
  if (width === 0 || type === 'INT96') throw new Error(`a page has streams of bytes of values of the type ${type}`);
  requireLength(bytes, count * width);
  const joined = new Uint8Array(bytes.length);
  for (let stream = 0; stream < width; stream++) {
    for (let index = 0; index < count; index++) joined[index * width + stream] = bytes[stream * count + index] ?? 0;
  }
  return joined;
}

function requireLength(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) throw tooShort();
  if (bytes.length > length) throw tooLong();
}

/** For pages whose values end before they should. */
export function tooShort(): Error {
  return new Error('a page holds less than it says');
}

/** For pages with bytes behind their last value. */
export function tooLong(): Error {
  return new Error('a page holds more than it says');
}
