/** Values of a block; every writer known takes 128. A longer one is no sign of a sound page. */
const MAX_BLOCK = 2 ** 16;

/** Ints of a page, and where in it they end. */
export interface Deltas<T> {
  readonly values: T;
  readonly end: number;
}

/**
 * Ints that are written as differences (DELTA_BINARY_PACKED), `count` of them from the bytes' start on. Throws Error where
 * the bytes do not hold them, or say that they hold another number of them.
 */
export function readDeltas32(bytes: Uint8Array, count: number): Deltas<Int32Array> {
  const reader = new DeltaReader(bytes);
  const { first, miniblocks, size } = reader.head(count);
  const values = new Int32Array(count);
  // Differences wrap at 32 bits, as their sums do.
  let value = Number(BigInt.asIntN(32, first));
  let at = 0;
  if (count > 0) values[at++] = value;
  while (at < count) {
    const least = Number(BigInt.asIntN(32, reader.signed()));
    const widths = reader.run(miniblocks);
    for (const width of widths) {
      // Parts behind the last value have no bytes, and their widths may be anything.
      if (at >= count) break;
      if (width > 32) throw new Error(`a page has differences of ${width} bits between ints of 32`);
      const packed = reader.run((size * width) / 8);
      const end = Math.min(count, at + size);
      for (let bit = 0; at < end; bit += width) {
        value = (value + least + bits32(packed, bit, width)) | 0;
        values[at++] = value;
      }
    }
  }
  return { values, end: reader.at };
}

/** As {@link readDeltas32}, for ints of 64 bits. */
export function readDeltas64(bytes: Uint8Array, count: number): Deltas<BigInt64Array> {
  const reader = new DeltaReader(bytes);
  const { first, miniblocks, size } = reader.head(count);
  const values = new BigInt64Array(count);
  let at = 0;
  if (count > 0) values[at++] = first;
  // What is stored is cut to 64 bits, and so is the sum that goes on from it.
  let value = values[0] ?? 0n;
  while (at < count) {
    const least = reader.signed();
    const widths = reader.run(miniblocks);
    for (const width of widths) {
      if (at >= count) break;
      if (width > 64) throw new Error(`a page has differences of ${width} bits`);
      const packed = reader.run((size * width) / 8);
      const end = Math.min(count, at + size);
      for (let bit = 0; at < end; bit += width) {
        values[at] = value + least + bits64(packed, bit, width);
        value = values[at++] ?? 0n;
      }
    }
  }
  return { values, end: reader.at };
}

class DeltaReader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The header: the first value, and the shape of the blocks. */
  head(count: number): { first: bigint; miniblocks: number; size: number } {
    const block = Number(this.#unsigned(5));
    const miniblocks = Number(this.#unsigned(5));
    const total = Number(this.#unsigned(5));
    const size = block / miniblocks;
    if (!(block > 0 && block <= MAX_BLOCK && miniblocks > 0 && Number.isInteger(size) && size % 32 === 0)) {
      throw new Error(`a page has blocks of ${block} differences in ${miniblocks} parts`);
    }
    if (total !== count) throw new Error(`a page has ${total} values where ${count} should be`);
    return { first: this.signed(), miniblocks, size };
  }

  signed(): bigint {
    const zigzag = this.#unsigned(10);
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }

  run(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new Error('a page holds less than it says');
    const run = this.#bytes.subarray(this.at, end);
    this.at = end;
    return run;
  }

  #unsigned(longest: number): bigint {
    let value = 0n;
    for (let read = 0; read < longest; read++) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new Error('a page holds less than it says');
      value |= BigInt(byte & 0x7f) << BigInt(7 * read);
      if (byte < 0x80) return value;
    }
    throw new Error(`a page has a number of more than ${longest} bytes`);
  }
}

/** `width` bits, at most 32, that begin at a bit. */
function bits32(bytes: Uint8Array, bit: number, width: number): number {
  if (width === 0) return 0;
  const at = bit >> 3;
  const shift = bit & 7;
  const byte = (index: number) => bytes[at + index] ?? 0;
  let bits = (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> shift;
  if (shift > 0 && shift + width > 32) bits |= byte(4) << (32 - shift);
  return width === 32 ? bits | 0 : bits & ((1 << width) - 1);
}

function bits64(bytes: Uint8Array, bit: number, width: number): bigint {
  const low = BigInt(bits32(bytes, bit, Math.min(width, 32)) >>> 0);
  return width <= 32 ? low : low | (BigInt(bits32(bytes, bit + 32, width - 32) >>> 0) << 32n);
}
