/** Wider numbers than this are none: levels have a few bits, and no dictionary has more than 16 million values. */
const MAX_WIDTH = 24;

/**
 * Numbers of `width` bits in parquet's mix of runs and packed groups: levels, dictionary indexes, booleans. Fills `out`, and
 * gives where the bytes that it took end. What a run claims is checked against the numbers that are left.
 * @throws Error where the bytes end before `out` is full, or hold more numbers than that
 */
export function readHybrid(bytes: Uint8Array, width: number, out: Uint8Array | Uint16Array | Int32Array): number {
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
    let scale = 1;
    let byte = 0x80;
    for (let read = 0; byte >= 0x80; read++) {
      if (read === 5) throw new Error('a page has a number of more than 5 bytes');
      byte = next();
      header += (byte & 0x7f) * scale;
      scale *= 128;
    }
    const count = Math.floor(header / 2);
    if (header % 2 === 0) {
      let value = 0;
      for (let i = 0; i * 8 < width; i++) value |= next() << (i * 8);
      if (count > out.length - seen) throw new Error(`a page has ${count} numbers where ${out.length - seen} are left`);
      out.fill(value, seen, seen + count);
      seen += count;
    } else {
      // The last group is filled up to eight, whose bytes some writers leave out.
      const left = out.length - seen;
      if (count * 8 >= left + 8) throw new Error(`a page has ${count * 8} numbers where ${left} are left`);
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
      at = Math.min(packed, bytes.length);
    }
  }
  return at;
}

/** Levels in the older form: packed, most significant bit first. Fills `out`, and gives where the bytes that it took end. */
export function readBitPacked(bytes: Uint8Array, width: number, out: Uint8Array): number {
  const end = Math.ceil((out.length * width) / 8);
  if (end > bytes.length) throw new Error('the levels of a page are longer than it');
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < out.length; index++) {
    while (held < width) {
      bits = ((bits << 8) | (bytes[at++] ?? 0)) & 0xffff;
      held += 8;
    }
    held -= width;
    out[index] = (bits >> held) & ((1 << width) - 1);
  }
  return end;
}

/** Bits that numbers up to `max` take. */
export function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}
