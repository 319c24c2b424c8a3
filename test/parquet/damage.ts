import { crc32 } from 'node:zlib';

/** Numbers between 0 and 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: string): () => number {
  let state = crc32(seed);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Damage = (bytes: Uint8Array, random: () => number) => Uint8Array;

/** Bytes that lengths and counts are likely to be, or that make them long. */
const LIES = [0x00, 0x7f, 0x80, 0xff];

/** What happens to files, by name. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  'a bit flipped': (bytes, random) => {
    const damaged = Uint8Array.from(bytes);
    const at = place(bytes, random);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return damaged;
  },
  'some bytes changed': (bytes, random) => {
    const damaged = Uint8Array.from(bytes);
    for (let times = 1 + Math.floor(random() * 8); times > 0; times--) {
      damaged[place(bytes, random)] = Math.floor(random() * 256);
    }
    return damaged;
  },
  'a run of bytes overwritten': (bytes, random) => {
    const damaged = Uint8Array.from(bytes);
    const at = place(bytes, random);
    damaged.fill(LIES[Math.floor(random() * LIES.length)] ?? 0, at, at + 1 + Math.floor(random() * 300));
    return damaged;
  },
  'bytes cut out': (bytes, random) => {
    const at = place(bytes, random);
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + Math.floor(random() * 40)));
  },
  'bytes put in': (bytes, random) => {
    const at = place(bytes, random);
    const more = Uint8Array.from({ length: 1 + Math.floor(random() * 40) }, () => Math.floor(random() * 256));
    return join(bytes.subarray(0, at), more, bytes.subarray(at));
  },
  'a piece copied to another place': (bytes, random) => {
    const damaged = Uint8Array.from(bytes);
    const from = place(bytes, random);
    damaged.copyWithin(place(bytes, random), from, from + 1 + Math.floor(random() * 200));
    return damaged;
  },
  'the end missing': (bytes, random) => bytes.slice(0, place(bytes, random)),
  'another length of the footer': (bytes, random) => {
    const damaged = Uint8Array.from(bytes);
    const view = new DataView(damaged.buffer);
    view.setUint32(bytes.length - 8, Math.floor(random() * (random() < 0.5 ? bytes.length : 2 ** 32)), true);
    return damaged;
  },
};

/** Half of the damages hit the footer and the headers near the end, where the structure is. */
function place(bytes: Uint8Array, random: () => number): number {
  const { length } = bytes;
  const start = random() < 0.5 ? Math.floor(length * 0.6) : 0;
  return start + Math.floor(random() * (length - start));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
