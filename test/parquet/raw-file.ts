/** A value in thrift's compact protocol, ready to be written: its wire type and its bytes. */
export interface Thrift {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** An unsigned number, seven bits in a byte. */
export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let left = BigInt(value);
  do {
    bytes.push(Number(left & 127n) | (left > 127n ? 128 : 0));
    left >>= 7n;
  } while (left > 0n);
  return bytes;
}

/** A signed number as the protocol writes it. */
export function zigzag(value: number | bigint): number[] {
  const wide = BigInt(value);
  return varint(wide < 0n ? -wide * 2n - 1n : wide * 2n);
}

export const int = (value: number): Thrift => ({ type: 5, bytes: Uint8Array.from(zigzag(value)) });
export const long = (value: number | bigint): Thrift => ({ type: 6, bytes: Uint8Array.from(zigzag(value)) });
export const text = (value: string | Uint8Array): Thrift => {
  const body = Buffer.from(value);
  return { type: 8, bytes: Buffer.concat([Uint8Array.from(varint(body.length)), body]) };
};
export const bool = (value: boolean): Thrift => ({ type: value ? 1 : 2, bytes: new Uint8Array() });

/** A struct by its fields' ids, in ascending order. */
export function struct(fields: Readonly<Record<number, Thrift>>): Thrift {
  const parts: Uint8Array[] = [];
  let last = 0;
  for (const [key, { type, bytes }] of Object.entries(fields)) {
    const id = Number(key);
    const head = id - last <= 15 ? [((id - last) << 4) | type] : [type, ...zigzag(id)];
    parts.push(Uint8Array.from(head), bytes);
    last = id;
  }
  return { type: 12, bytes: Buffer.concat([...parts, Uint8Array.of(0)]) };
}

/** A list of structs, or of what else `type` says; `claimed` of them where it lies. */
export function list(items: readonly Thrift[], claimed = items.length, type = items[0]?.type ?? 12): Thrift {
  const head = claimed < 15 ? [(claimed << 4) | type] : [0xf0 | type, ...varint(claimed)];
  return { type: 9, bytes: Buffer.concat([Uint8Array.from(head), ...items.map(({ bytes }) => bytes)]) };
}

/** Physical types, repetitions, converted types, codecs and encodings by their numbers in the format. */
export const TYPE = { BOOLEAN: 0, INT32: 1, INT64: 2, INT96: 3, FLOAT: 4, DOUBLE: 5, BYTE_ARRAY: 6, FIXED: 7 } as const;
export const REPETITION = { REQUIRED: 0, OPTIONAL: 1, REPEATED: 2 } as const;
export const CODEC = { NONE: 0, SNAPPY: 1, GZIP: 2, BROTLI: 4, LZ4: 5, ZSTD: 6, LZ4_RAW: 7 } as const;
export const ENCODING = {
  PLAIN: 0,
  RLE: 3,
  BIT_PACKED: 4,
  DELTA_BINARY_PACKED: 5,
  DELTA_LENGTH_BYTE_ARRAY: 6,
  DELTA_BYTE_ARRAY: 7,
  RLE_DICTIONARY: 8,
  BYTE_STREAM_SPLIT: 9,
} as const;

/** A node of the schema: a group with children, or a leaf with a type. */
export function element(
  name: string,
  fields: { type?: number; repetition?: number; children?: number; converted?: number; length?: number } = {},
): Thrift {
  return struct({
    ...(fields.type === undefined ? {} : { 1: int(fields.type) }),
    ...(fields.length === undefined ? {} : { 2: int(fields.length) }),
    ...(fields.repetition === undefined ? {} : { 3: int(fields.repetition) }),
    4: text(name),
    ...(fields.children === undefined ? {} : { 5: int(fields.children) }),
    ...(fields.converted === undefined ? {} : { 6: int(fields.converted) }),
  });
}

/** What a page's header says where it is not what its body is. */
interface PageClaims {
  count: number;
  encoding?: number;
  /** Uncompressed length. */
  unpacked?: number;
  packed?: number;
}

/** A data page of the older kind, in which the levels are part of the body. */
export function page(body: Uint8Array, { count, encoding = ENCODING.PLAIN, unpacked, packed }: PageClaims): Uint8Array {
  const head = struct({ 1: int(count), 2: int(encoding), 3: int(ENCODING.RLE), 4: int(ENCODING.RLE) });
  const sizes = { 2: int(unpacked ?? body.length), 3: int(packed ?? body.length) };
  return Buffer.concat([struct({ 1: int(0), ...sizes, 5: head }).bytes, body]);
}

/** A dictionary's page. */
export function dictionaryPage(body: Uint8Array, { count, unpacked, packed }: PageClaims): Uint8Array {
  const sizes = { 2: int(unpacked ?? body.length), 3: int(packed ?? body.length) };
  const head = struct({ 1: int(count), 2: int(ENCODING.PLAIN) });
  return Buffer.concat([struct({ 1: int(2), ...sizes, 7: head }).bytes, body]);
}

/** A data page of the newer kind, whose levels come before what is compressed. */
export function pageV2(
  body: Uint8Array,
  claims: PageClaims & { rows?: number; nulls?: number; definitions?: Uint8Array; repetitions?: Uint8Array },
): Uint8Array {
  const { count, encoding = ENCODING.PLAIN, unpacked, rows = count, nulls = 0 } = claims;
  const { definitions = new Uint8Array(), repetitions = new Uint8Array() } = claims;
  const levels = definitions.length + repetitions.length;
  const head = struct({
    1: int(count),
    2: int(nulls),
    3: int(rows),
    4: int(encoding),
    5: int(definitions.length),
    6: int(repetitions.length),
    7: bool(true),
  });
  const sizes = { 2: int((unpacked ?? body.length) + levels), 3: int(claims.packed ?? body.length + levels) };
  return Buffer.concat([struct({ 1: int(3), ...sizes, 8: head }).bytes, repetitions, definitions, body]);
}

/** A column of a file of one row group, made of whole pages. */
export interface RawColumn {
  readonly name: string;
  readonly type: number;
  readonly pages: readonly Uint8Array[];
  readonly repetition?: number;
  readonly converted?: number;
  readonly length?: number;
  readonly codec?: number;
  /** Entries that the footer speaks of. */
  readonly entries: number;
  /** Whether the first page is a dictionary's. */
  readonly dictionary?: boolean;
}

/** A parquet file of these columns, in one row group of `rows`. */
export function rawFile(rows: number, columns: readonly RawColumn[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from('PAR1')];
  let at = 4;
  const chunks = columns.map(({ name, type, pages, codec = CODEC.NONE, entries, dictionary }) => {
    const start = at;
    for (const bytes of pages) {
      parts.push(bytes);
      at += bytes.length;
    }
    const data = dictionary ? start + (pages[0]?.length ?? 0) : start;
    const meta = struct({
      1: int(type),
      2: list([int(0)]),
      3: list([text(name)]),
      4: int(codec),
      5: long(entries),
      6: long(at - start),
      7: long(at - start),
      9: long(data),
      ...(dictionary ? { 11: long(start) } : {}),
    });
    return struct({ 2: long(start), 3: meta });
  });
  const schema = [
    element('root', { children: columns.length }),
    ...columns.map(({ name, repetition = REPETITION.REQUIRED, ...fields }) => element(name, { repetition, ...fields })),
  ];
  const group = struct({ 1: list(chunks), 2: long(at), 3: long(rows) });
  return withFooter(parts, struct({ 1: int(2), 2: list(schema), 3: long(rows), 4: list([group]) }).bytes);
}

/** A file that begins with these bytes, `PAR1` among them, and has that footer. */
export function withFooter(parts: readonly Uint8Array[], footer: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return new Uint8Array(Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]));
}
