/** Wider numbers than this are none: levels have a few bits, and no dictionary has more than 16 million values. */
const MAX_WIDTH = 24;

/**
 * Numbers of `width` bits in parquet's mix of runs and packed groups: levels, dictionary indexes, booleans. Fills `out`.
 * A decoder of our own, because what a run claims must never make memory grow: hyparquet's believes it.
 * @throws Error where the bytes end before `out` is full
 */
export function readHybrid(bytes: Uint8Array, width: number, out: Uint8Array | Int32Array): void {
  if (!(width >= 0 && width <= MAX_WIDTH)) throw new Error(`a page claims to hold numbers of ${width} bits`);
  let at = 0;
  let seen = 0;
  const next = () => {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error(`a page ends after ${seen} of ${out.length} numbers`);
    return byte;
  };
  while (seen < out.length) {
    let header = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = next();
      header += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte >= 0x80 && shift < 42);
    const count = Math.floor(header / 2);
    if (header % 2 === 0) {
      let value = 0;
      for (let i = 0; i * 8 < width; i++) value |= next() << (i * 8);
      const end = Math.min(out.length, seen + count);
      out.fill(value, seen, end);
      seen = end;
    } else {
      const end = Math.min(out.length, seen + count * 8);
      const packed = at + count * width;
      const mask = (1 << width) - 1;
      let bits = 0;
      let held = 0;
      while (seen < end) {
        while (held < width) {
          bits |= next() << held;
          held += 8;
        }
        out[seen++] = bits & mask;
        bits >>>= width;
        held -= width;
      }
      at = packed;
    }
  }
}

/** Bits that numbers up to `max` take. */
export function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}
