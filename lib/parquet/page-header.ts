import { named } from './schema-element.ts';
import { ThriftReader } from './thrift.ts';

const KINDS = ['DATA_PAGE', 'INDEX_PAGE', 'DICTIONARY_PAGE', 'DATA_PAGE_V2'] as const;

const ENCODINGS = [
  'PLAIN',
  'GROUP_VAR_INT',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
] as const;
/** How values or levels are written. */
export type Encoding = (typeof ENCODINGS)[number];

/** What a page says about itself. */
export interface PageHeader {
  readonly kind: (typeof KINDS)[number];
  /** Bytes of the page: as they are in the file, and uncompressed. */
  readonly packed: number;
  readonly unpacked: number;
  readonly crc: number | undefined;
  /** Of data and dictionary pages. */
  readonly content: PageContent | undefined;
}

/** What is in a page. */
export interface PageContent {
  /** Values, NULLs and empty lists; values of a dictionary. */
  readonly count: number;
  readonly encoding: Encoding;
  /** Of data pages of version 1. */
  readonly definitions?: Encoding;
  readonly repetitions?: Encoding;
  /** Of data pages of version 2. */
  readonly v2?: {
    readonly nulls: number;
    readonly rows: number;
    /** Bytes. */
    readonly definitions: number;
    readonly repetitions: number;
    readonly compressed: boolean;
  };
}

/**
 * Reads the header that begins at the bytes' start; `length` is the header's own.
 * Throws EndOfBytes where there may be more of it, Error where it is none.
 */
export function readPageHeader(bytes: Uint8Array): { header: PageHeader; length: number } {
  const reader = new ThriftReader(bytes);
  let kind: PageHeader['kind'] | undefined;
  let packed = -1;
  let unpacked = -1;
  let crc: number | undefined;
  let v1: PageContent | undefined;
  let v2: PageContent | undefined;
  let dictionary: PageContent | undefined;
  reader.struct((id) => {
    if (id === 1) kind = named(KINDS, reader.int(), 'kind of page');
    else if (id === 2) unpacked = reader.int();
    else if (id === 3) packed = reader.int();
    else if (id === 4) crc = reader.int() >>> 0;
    else if (id === 5) v1 = readV1(reader);
    else if (id === 7) dictionary = readDictionary(reader);
    else if (id === 8) v2 = readV2(reader);
  });
  if (kind === undefined || packed < 0 || unpacked < 0) throw new Error("a page's header is incomplete");
  const content = { DATA_PAGE: v1, DATA_PAGE_V2: v2, DICTIONARY_PAGE: dictionary, INDEX_PAGE: undefined }[kind];
  if (content === undefined && kind !== 'INDEX_PAGE') throw new Error("a page's header is incomplete");
  return { header: { kind, packed, unpacked, crc, content }, length: reader.offset };
}

function readV1(reader: ThriftReader): PageContent {
  let count = -1;
  const encodings: (Encoding | undefined)[] = [];
  reader.struct((id) => {
    if (id === 1) count = reader.int();
    else if (id <= 4) encodings[id - 2] = readEncoding(reader);
  });
  const [encoding, definitions, repetitions] = encodings;
  if (encoding === undefined || definitions === undefined || repetitions === undefined) {
    throw new Error("a page's header is incomplete");
  }
  return { count, encoding, definitions, repetitions };
}

function readDictionary(reader: ThriftReader): PageContent {
  let count = -1;
  let encoding: Encoding | undefined;
  reader.struct((id) => {
    if (id === 1) count = reader.int();
    else if (id === 2) encoding = readEncoding(reader);
  });
  if (encoding === undefined) throw new Error("a page's header is incomplete");
  return { count, encoding };
}

function readV2(reader: ThriftReader): PageContent {
  const numbers = [-1, -1, -1, -1, -1];
  let encoding: Encoding | undefined;
  let compressed = true;
  reader.struct((id) => {
    if (id <= 3) numbers[id - 1] = reader.int();
    else if (id === 4) encoding = readEncoding(reader);
    else if (id <= 6) numbers[id - 2] = reader.int();
    else if (id === 7) compressed = reader.bool();
  });
  const [count = -1, nulls = -1, rows = -1, definitions = -1, repetitions = -1] = numbers;
  if (encoding === undefined || numbers.some((number) => number < 0)) throw new Error("a page's header is incomplete");
  return { count, encoding, v2: { nulls, rows, definitions, repetitions, compressed } };
}

function readEncoding(reader: ThriftReader): Encoding {
  return named(ENCODINGS, reader.int(), 'encoding');
}
