import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import {
  CODEC,
  dictionaryPage,
  ENCODING,
  element,
  int,
  list,
  long,
  page,
  pageV2,
  REPETITION,
  rawFile,
  struct,
  type Thrift,
  TYPE,
  varint,
  withFooter,
  zigzag,
} from './raw-file.ts';

const MAGIC = Buffer.from('PAR1');
const MB = 1024 ** 2;
const UTF8 = 0;
const none = new Uint8Array();
const bytes = (...parts: (Uint8Array | number[])[]) => Buffer.concat(parts.map((part) => Uint8Array.from(part)));
const runs = (count: number, value: number) => bytes(varint(count * 2), [value]);
const sized = (body: Uint8Array) => bytes(length(body.length), body);
const length = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const footer = (fields: Record<number, Thrift>, parts: Uint8Array[] = [MAGIC]) =>
  withFooter(parts, struct(fields).bytes);
const schemaOf = (items: readonly Thrift[], claimed?: number) =>
  footer({ 1: int(2), 2: list(items, claimed), 3: long(0), 4: list([]) });
const root = (children: number) => element('r', { children });
const one = { name: 'c', repetition: REPETITION.OPTIONAL, entries: 0 };

/** Deltas without any bits, so that a few bytes stand for millions of ints: `first`, and from there on by `step`. */
function deltas(count: number, first: number, step: number): Uint8Array {
  const block = 65_536;
  const blocks = Math.max(0, Math.ceil((count - 1) / block));
  const parts: (Uint8Array | number[])[] = [varint(block), varint(1), varint(count), zigzag(first)];
  for (let index = 0; index < blocks; index++) parts.push(zigzag(step), [0]);
  return bytes(...parts);
}

/** Files of less than a megabyte that claim, or really unpack to, far more; each made when asked for. */
export const HOSTILE: Readonly<Record<string, () => Uint8Array>> = {
  'a footer of lists of a million items in each other': () =>
    withFooter([MAGIC], bytes(...Array.from({ length: 12 }, () => bytes([0x19, 0xf9], varint(2 ** 20))))),
  'a footer of 200 kB of ff, where a number is due': () =>
    withFooter([MAGIC], bytes([0x15], new Uint8Array(200_000).fill(0xff))),
  'a footer of nothing but openings of structs': () => withFooter([MAGIC], new Uint8Array(900_000).fill(0x1c)),
  'a footer of nothing but openings of lists': () => withFooter([MAGIC], new Uint8Array(900_000).fill(0x19)),
  'a footer of empty lists that nobody knows': () =>
    withFooter([MAGIC], bytes([0x09, 100], [0xf9], varint(400_000), new Uint8Array(800_000).fill(0x09))),
  'a map of two thousand million pairs': () => withFooter([MAGIC], bytes([0x1b], varint(2 ** 31), [0x55])),
  'a text of two thousand million bytes': () => withFooter([MAGIC], bytes([0x18], varint(2 ** 31))),
  'a schema of 180,000 columns': () =>
    schemaOf([root(180_000), ...Array.from({ length: 180_000 }, () => element('', { type: 1 }))]),
  'a schema of 9,000 columns, all at the end of 170 structs': () =>
    schemaOf([
      ...Array.from({ length: 170 }, () => root(1)),
      root(9000),
      ...Array.from({ length: 9000 }, (_, index) => element(`${index}`, { type: 1, repetition: 1 })),
    ]),
  'a schema of 30,000 structs in each other': () => schemaOf(Array.from({ length: 30_000 }, () => root(1))),
  'a schema whose root claims two thousand million columns': () => schemaOf([root(2 ** 31 - 1)]),
  'a schema of a claimed hundred million elements': () => schemaOf([root(1)], 10 ** 8),
  '150,000 row groups without columns': () => {
    const group = struct({ 1: list([]), 3: long(1) });
    const schema = list([element('r', { children: 0 })]);
    return footer({ 1: int(2), 2: schema, 3: long(150_000), 4: list(Array.from({ length: 150_000 }, () => group)) });
  },
  'a row group of as many rows as there are numbers': () => rawFile(Number.MAX_SAFE_INTEGER, []),
  'a page header of 200 kB of ff': () =>
    rawFile(5, [{ ...one, type: TYPE.INT32, entries: 5, pages: [bytes([0x15], new Uint8Array(200_000).fill(0xff))] }]),
  'a page header that goes on for 900 kB': () =>
    rawFile(5, [
      { ...one, type: TYPE.INT32, entries: 5, pages: [bytes([0x98, 0x08], varint(2 ** 30), new Uint8Array(900_000))] },
    ]),
  'ten million NULLs in a run': () =>
    rawFile(10 ** 7, [
      { ...one, type: TYPE.INT32, entries: 10 ** 7, pages: [page(sized(runs(10 ** 7, 0)), { count: 10 ** 7 })] },
    ]),
  'a thousand columns of ten thousand NULLs': () =>
    rawFile(
      10_000,
      Array.from({ length: 1000 }, (_, index) => ({
        ...one,
        name: `c${index}`,
        type: TYPE.BYTE_ARRAY,
        entries: 10_000,
        pages: [page(sized(runs(10_000, 0)), { count: 10_000 })],
      })),
    ),
  'a thousand columns of texts, all of them repeats of a dictionary of one, in twenty thousand rows': () =>
    rawFile(
      20_000,
      Array.from({ length: 1000 }, (_, index) => ({
        name: `c${index}`,
        type: TYPE.BYTE_ARRAY,
        converted: UTF8,
        entries: 20_000,
        dictionary: true,
        pages: [
          dictionaryPage(sized(Buffer.alloc(500, 'a')), { count: 1 }),
          page(bytes([1], runs(20_000, 0)), { count: 20_000, encoding: ENCODING.RLE_DICTIONARY }),
        ],
      })),
    ),
  'one text of 500 kB in a hundred thousand rows': () =>
    rawFile(100_000, [
      {
        name: 'c',
        type: TYPE.BYTE_ARRAY,
        converted: UTF8,
        entries: 100_000,
        dictionary: true,
        pages: [
          dictionaryPage(sized(Buffer.alloc(500_000, 'a')), { count: 1 }),
          page(bytes([1], runs(100_000, 0)), { count: 100_000, encoding: ENCODING.RLE_DICTIONARY }),
        ],
      },
    ]),
  'a list of ten million NULLs in one row': () => {
    const pages = [
      page(bytes(sized(bytes(runs(1, 0), runs(10 ** 7 - 1, 1))), sized(runs(10 ** 7, 1))), { count: 10 ** 7 }),
    ];
    return rawFile(1, [{ ...one, repetition: REPETITION.REPEATED, type: TYPE.INT32, entries: 10 ** 7, pages }]);
  },
  'differences without bits for sixteen million ints': () =>
    rawFile(2 ** 24, [
      {
        name: 'c',
        type: TYPE.INT64,
        entries: 2 ** 24,
        pages: [page(deltas(2 ** 24, 0, 1), { count: 2 ** 24, encoding: ENCODING.DELTA_BINARY_PACKED })],
      },
    ]),
  'texts that each share all of the one before': () => {
    const body = bytes(deltas(400_000, 0, 1), deltas(400_000, 1, 0), new Uint8Array(400_000).fill(65));
    const pages = [page(body, { count: 400_000, encoding: ENCODING.DELTA_BYTE_ARRAY })];
    return rawFile(400_000, [{ name: 'c', type: TYPE.BYTE_ARRAY, converted: UTF8, entries: 400_000, pages }]);
  },
  'differences in blocks of a thousand million': () =>
    rawFile(2, [
      {
        name: 'c',
        type: TYPE.INT32,
        entries: 2,
        pages: [
          page(bytes(varint(2 ** 30), varint(2 ** 25), varint(2), [0], new Uint8Array(100)), {
            count: 2,
            encoding: ENCODING.DELTA_BINARY_PACKED,
          }),
        ],
      },
    ]),
  'numbers of 255 bits': () =>
    rawFile(2, [
      {
        name: 'c',
        type: TYPE.INT32,
        entries: 2,
        dictionary: true,
        pages: [
          dictionaryPage(length(7), { count: 1 }),
          page(bytes([255], runs(2, 0)), { count: 2, encoding: ENCODING.RLE_DICTIONARY }),
        ],
      },
    ]),
  'a dictionary of a claimed two thousand million values': () =>
    rawFile(2, [
      {
        name: 'c',
        type: TYPE.FIXED,
        length: 0,
        entries: 2,
        dictionary: true,
        pages: [dictionaryPage(none, { count: 2 ** 31 - 1 }), page(none, { count: 2 })],
      },
    ]),
  'values of no bytes, sixteen million of them': () =>
    rawFile(2 ** 24, [
      { name: 'c', type: TYPE.FIXED, length: 0, entries: 2 ** 24, pages: [page(none, { count: 2 ** 24 })] },
    ]),
  'levels of a newer page that are longer than it': () =>
    rawFile(2, [
      {
        ...one,
        type: TYPE.INT32,
        entries: 2,
        pages: [pageV2(none, { count: 2, nulls: 2, definitions: runs(2, 0), packed: 1 })],
      },
    ]),
  ...Object.fromEntries(
    (
      [
        ['GZIP', gzipSync],
        ['ZSTD', zstdCompressSync],
        ['BROTLI', brotliCompressSync],
      ] as const
    ).flatMap(([codec, pack]) => [
      [`${codec} that unpacks to 200 MB, as it says`, () => bomb(CODEC[codec], pack(Buffer.alloc(200 * MB)), 200 * MB)],
      [`${codec} that unpacks to 40 MB and says 1 MB`, () => bomb(CODEC[codec], pack(Buffer.alloc(40 * MB)), MB)],
      [`${codec} that unpacks to 40 MB, as it says`, () => bomb(CODEC[codec], pack(Buffer.alloc(40 * MB)), 40 * MB)],
      [`${codec} of nothing, thirty thousand times`, () => many(CODEC[codec], pack(none))],
    ]),
  ),
  'snappy that claims 200 MB': () => bomb(CODEC.SNAPPY, bytes(varint(200 * MB), [0, 65]), 200 * MB),
  'snappy that says more than its page': () => bomb(CODEC.SNAPPY, bytes(varint(100), [0, 65]), 2),
  'LZ4 of 900 kB that make each other longer': () =>
    bomb(CODEC.LZ4_RAW, bytes([0x1f, 65, 1, 0], new Uint8Array(900_000).fill(0xff), [0, 0]), 40 * MB),
};

/** One column, whose only page is packed; it would be a text of zeros. */
function bomb(codec: number, packed: Uint8Array, unpacked: number): Uint8Array {
  const pages = [page(packed, { count: 1, unpacked })];
  return rawFile(1, [{ name: 'c', type: TYPE.BYTE_ARRAY, codec, entries: 1, pages }]);
}

/** Thirty thousand pages without values. */
function many(codec: number, packed: Uint8Array): Uint8Array {
  const empty = page(packed, { count: 0, unpacked: 0 });
  const last = page(packed, { count: 1, unpacked: 4 });
  const pages = [...Array.from({ length: Math.floor(900_000 / empty.length) }, () => empty), last];
  return rawFile(1, [{ name: 'c', type: TYPE.BYTE_ARRAY, codec, entries: 1, pages }]);
}
