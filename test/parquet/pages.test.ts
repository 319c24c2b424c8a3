import { describe, expect, it } from 'vitest';
import { UnpackBudget } from '../../lib/parquet/budget.ts';
import { readHybrid } from '../../lib/parquet/hybrid.ts';
import { LeafCursor } from '../../lib/parquet/leaf-cursor.ts';
import { valueDecoder } from '../../lib/parquet/page-values.ts';
import { PageReader } from '../../lib/parquet/pages.ts';
import type { Leaf } from '../../lib/parquet/schema.ts';
import { type FileBytes, Window } from '../../lib/parquet/window.ts';

const PLAIN = 0;
const RLE = 3;
const DICTIONARY = 8;

/** What a page says about itself. */
interface Claims {
  /** 0 data, 2 dictionary. */
  kind?: number;
  values: number;
  encoding?: number;
  unpacked?: number;
  packed?: number;
}

/** A page's header in thrift's compact form, and its bytes. */
function page({ kind = 0, values, encoding = PLAIN, unpacked, packed }: Claims, bytes: readonly number[]): number[] {
  const int = (value: number) => varint(value * 2);
  const own =
    kind === 2
      ? [0x2c, 0x15, ...int(values), 0x15, ...int(encoding), 0]
      : [0x2c, 0x15, ...int(values), 0x15, ...int(encoding), 0x15, ...int(RLE), 0x15, ...int(RLE), 0];
  // Its field is the fifth for data and the seventh for a dictionary; the one before was the third.
  own[0] = kind === 2 ? 0x4c : 0x2c;
  const sizes = [0x15, ...int(unpacked ?? bytes.length), 0x15, ...int(packed ?? bytes.length)];
  return [0x15, ...int(kind), ...sizes, ...own, 0, ...bytes];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const element = { name: 'i', type: 'INT32' as const, repetition_type: 'REQUIRED' as const };
const leaf: Leaf = {
  index: 0,
  element,
  type: { kind: 'int', bits: 32, signed: true },
  path: [{ children: [], element }],
  maxDefinition: 0,
  maxRepetition: 0,
};

/** Reads a column chunk of ints that is made of these pages, and of which the footer says that it has `entries`. */
function reader(pages: readonly number[][], entries: number, one: Leaf = leaf): PageReader {
  const bytes = Uint8Array.from(pages.flat());
  const file: FileBytes = { size: bytes.length, read: async (start, end) => bytes.slice(start, end) };
  const end = bytes.length;
  const chunk = { codec: 'UNCOMPRESSED', start: 0, end, entries, unpacked: end, spare: 0 } as const;
  return new PageReader(file, one, chunk, new Window(64), new UnpackBudget(end), 1024);
}

const four = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0];

describe('a page', () => {
  it('that is as it says is read', async () => {
    const { count, values } = (await reader([page({ values: 4 }, four)], 4).next()) ?? {};
    expect(count).toBe(4);
    expect([0, 1, 2, 3].map((index) => values?.at(index))).toEqual([1n, 2n, 3n, 4n]);
  });

  it('is refused where it claims what it does not hold, and takes no memory for it', async () => {
    const refused = async (pages: number[][], entries: number, one?: Leaf) =>
      reader(pages, entries, one)
        .next()
        .then(
          () => 'read',
          (error: unknown) => String(error),
        );
    const many = 2 ** 29;
    expect(await refused([page({ values: 4, unpacked: many }, four)], 4)).toMatch(/claims to hold 536870912 bytes/);
    expect(await refused([page({ values: many }, four)], many)).toMatch(/claims to hold 536870912 values/);
    expect(await refused([page({ values: 5 }, four)], 4)).toMatch(/claims to hold 5 values/);
    expect(await refused([page({ values: 4, packed: 99 }, four)], 4)).toMatch(/longer than its column/);
    // The next page's bytes must not be taken for this one's.
    expect(await refused([page({ values: 4 }, four.slice(4)), page({ values: 1 }, four)], 5)).toMatch(
      /less than it says/,
    );
    expect(await refused([page({ values: 4, unpacked: 17 }, four)], 4)).toMatch(/16 bytes long but says 17/);
    expect(await refused([page({ values: 4, encoding: 4 }, four)], 4)).toMatch(/encoding BIT_PACKED/);
    expect(await refused([page({ values: 4, encoding: RLE }, four)], 4)).toMatch(/no booleans/);
    const nullable = { ...leaf, maxDefinition: 1 };
    expect(await refused([page({ values: 4 }, [99, 0, 0, 0, 8, 1, ...four])], 4, nullable)).toMatch(/levels/);
    expect(await refused([page({ values: 4 }, [1, 0, 0, 0, 8])], 4, nullable)).toMatch(/ends after/);
    const dictionary = page({ kind: 2, values: 2 }, four.slice(0, 8));
    expect(await refused([dictionary, page({ values: 3, encoding: DICTIONARY }, [2, 6, 3])], 3)).toMatch(/dictionary/);
    expect(await refused([page({ values: 3, encoding: DICTIONARY }, [1, 6, 0])], 3)).toMatch(/dictionary/);
    expect(await refused([page({ kind: 2, values: many }, four), page({ values: 4 }, four)], 4)).toMatch(/536870912/);
  });

  it('that is missing, or one too many, is noticed by the rows', async () => {
    const short = new LeafCursor(reader([page({ values: 4 }, four)], 4), leaf);
    await expect(short.fill(5)).rejects.toThrow(/4 rows where 5 should follow/);
    await expect(new LeafCursor(reader([page({ values: 4 }, four)], 9), leaf).fill(9)).rejects.toThrow(
      /5 values too early/,
    );
    const long = new LeafCursor(reader([page({ values: 4 }, four)], 4), leaf);
    await long.fill(3);
    for (let row = 0; row < 3; row++) long.take();
    expect(long.done).toBe(false);
  });
});

describe('runs of numbers', () => {
  it('fill what they should, and no more, however long they claim to be', () => {
    const out = new Uint8Array(5);
    readHybrid(Uint8Array.of(10, 1), 1, out);
    expect([...out]).toEqual([1, 1, 1, 1, 1]);
    // A run of 2^30, whose length would have made an array of as many.
    expect(() => readHybrid(Uint8Array.of(...varint(2 ** 31), 1), 1, out)).toThrow(/1073741824 numbers where 5/);
    // Eight packed numbers of three bits.
    const packed = new Int32Array(8);
    readHybrid(Uint8Array.of(3, 0x88, 0xc6, 0xfa), 3, packed);
    expect([...packed]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('that end too early or are too wide are refused', () => {
    expect(() => readHybrid(Uint8Array.of(2, 1), 1, new Uint8Array(3))).toThrow(/ends after 1 of 3/);
    expect(() => readHybrid(Uint8Array.of(3, 1), 3, new Uint8Array(8))).toThrow(/ends after/);
    expect(() => readHybrid(Uint8Array.of(2, 1), 25, new Int32Array(1))).toThrow(/25 bits/);
  });
});

describe('texts that share their beginnings', () => {
  const text = { name: 't', type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const };
  const decoder = () => valueDecoder({ element: text, type: { kind: 'string' } }, 1024);
  /** Block size, blocks, count, then the numbers: one, or two in a block with one width for all. */
  const deltas = (first: number, difference: number) => [128, 1, 4, 2, first * 2, difference * 2, 0, 0, 0, 0];

  it('are put together', () => {
    const { values } = decoder().read(
      Uint8Array.from([...deltas(0, 2), ...deltas(2, 0), ...Buffer.from('abcd')]),
      'DELTA_BYTE_ARRAY',
      2,
      1000,
    );
    expect([values.at(0), values.at(1)]).toEqual(['ab', 'abcd']);
  });

  it('cannot share more than there is', () => {
    const bytes = Uint8Array.from([...deltas(0, 60), ...deltas(2, 0), ...Buffer.from('abcd')]);
    expect(() => decoder().read(bytes, 'DELTA_BYTE_ARRAY', 2, 1000)).toThrow(/less than it says/);
    const long = Uint8Array.from([...deltas(60, 0), ...Buffer.from('abcd')]);
    expect(() => decoder().read(long, 'DELTA_LENGTH_BYTE_ARRAY', 2, 1000)).toThrow(/less than it says/);
  });
});
