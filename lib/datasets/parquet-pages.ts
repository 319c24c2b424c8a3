import { brotliDecompressSync, crc32, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import { readPlain } from 'hyparquet/src/plain.js';
import type { ColumnDecoder, ColumnMetaData, Compressors, DataPage, PageHeader } from 'hyparquet/src/types.js';
import type { PyValue } from '../python/value.ts';
import type { Leaf } from './parquet-schema.ts';
import { leafConverter } from './parquet-values.ts';

/** Random access to the bytes of one file. */
export interface FileBytes {
  readonly size: number;
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Where the values of one column of a row group lie, and how: all that is kept of what the footer says about it. */
export interface ColumnChunk {
  readonly codec: ColumnMetaData['codec'];
  readonly type: ColumnMetaData['type'];
  /** Bytes of the file, from `start` up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
  /** Values, NULLs and empty lists. */
  readonly entries: number;
}

/** Throws Error where the bytes can't be in a file of that size. */
export function columnChunk(meta: ColumnMetaData, fileSize: number): ColumnChunk {
  const data = Number(meta.data_page_offset);
  const start = Math.min(Number(meta.dictionary_page_offset || meta.data_page_offset), data);
  const end = start + Number(meta.total_compressed_size);
  if (start < 4 || end > fileSize || !(end >= start))
    throw new Error(`its bytes ${start} to ${end} are outside the file`);
  return { codec: meta.codec, type: meta.type, start, end, entries: Number(meta.num_values) };
}

/** One decoded data page. Without levels every value is there, and every one is a row of its own. */
export interface Page {
  /** Entries of the page: values, NULLs and empty lists. */
  count: number;
  definitions: readonly number[] | undefined;
  repetitions: readonly number[] | undefined;
  /** The values that are there. */
  values: PyValue[];
}

/** Enough for nearly every page header; more is fetched where a header's statistics are longer. */
const HEADER_BYTES = 16 * 1024;
/** A page that claims to unpack to more than this is not one (they are about a megabyte). */
const MAX_PAGE_BYTES = 1024 ** 3;

/**
 * Reads the pages of a column chunk one after the other, through a window of `windowBytes` that grows only for a page
 * longer than that. Checksums of pages are checked where the file has them. Throws Error on anything malformed.
 */
export class PageReader {
  readonly #file: FileBytes;
  readonly #leaf: Leaf;
  readonly #decoder: ColumnDecoder;
  readonly #convert: ReturnType<typeof leafConverter>;
  readonly #windowBytes: number;
  readonly #end: number;
  readonly #codec: ColumnMetaData['codec'];
  #next: number;
  #window: Uint8Array<ArrayBuffer> = new Uint8Array();
  #dictionary: PyValue[] | undefined;
  #left: number;

  constructor(file: FileBytes, leaf: Leaf, chunk: ColumnChunk, compressors: Compressors, windowBytes: number) {
    this.#file = file;
    this.#leaf = leaf;
    this.#windowBytes = windowBytes;
    this.#next = chunk.start;
    this.#end = chunk.end;
    this.#left = chunk.entries;
    this.#codec = chunk.codec;
    this.#convert = leafConverter(leaf.element);
    const { element, path } = leaf;
    const { type, codec } = chunk;
    // Values are converted here, so the decoder's own parsers never run.
    this.#decoder = {
      element,
      type,
      codec,
      compressors,
      schemaPath: path,
      pathInSchema: [],
      parsers: NO_PARSERS,
    };
  }

  /** Whether all values that the footer speaks of were read. */
  get done(): boolean {
    return this.#left === 0;
  }

  /** The next data page; undefined behind the last. */
  async next(): Promise<Page | undefined> {
    while (this.#left > 0) {
      const { header, body } = await this.#readPage();
      if (header.type === 'DICTIONARY_PAGE') this.#dictionary = this.#readDictionary(header, body);
      if (header.type !== 'DATA_PAGE' && header.type !== 'DATA_PAGE_V2') continue;
      const page = this.#readData(header, body);
      this.#left -= page.count;
      return page;
    }
    return undefined;
  }

  async #readPage(): Promise<{ header: PageHeader; body: Uint8Array<ArrayBuffer> }> {
    if (this.#next + this.#window.length >= this.#end && this.#window.length === 0) {
      throw new Error(`it ends ${this.#left} values too early`);
    }
    await this.#fill(HEADER_BYTES);
    const { header, length } = await this.#readHeader();
    const size = header.compressed_page_size;
    const unpacked = header.uncompressed_page_size;
    if (!(size >= 0) || this.#next + length + size > this.#end) throw new Error('a page is longer than its column');
    if (!(unpacked >= 0) || unpacked > MAX_PAGE_BYTES) throw new Error(`a page claims to hold ${unpacked} bytes`);
    await this.#fill(length + size);
    const body = this.#window.subarray(length, length + size);
    this.#advance(length + size);
    if (header.crc !== undefined && crc32(body) !== header.crc >>> 0) {
      throw new Error('the checksum of a page does not match its bytes: the file was damaged');
    }
    return { header, body };
  }

  async #readHeader(): Promise<{ header: PageHeader; length: number }> {
    for (;;) {
      const reader = { view: viewOf(this.#window), offset: 0 };
      try {
        const header = parquetHeader(reader);
        return { header, length: reader.offset };
      } catch (error) {
        const whole = this.#next + this.#window.length >= this.#end;
        if (!(error instanceof RangeError) || whole) throw error;
        await this.#fill(this.#window.length * 4);
      }
    }
  }

  /** Makes the window hold at least `bytes`, or all that is left. */
  async #fill(bytes: number): Promise<void> {
    if (this.#window.length >= bytes) return;
    const from = this.#next + this.#window.length;
    const to = Math.min(this.#end, this.#next + Math.max(bytes, this.#windowBytes));
    if (to <= from) return;
    const read = await this.#file.read(from, to);
    const window = new Uint8Array(this.#window.length + read.length);
    window.set(this.#window);
    window.set(read, this.#window.length);
    this.#window = window;
  }

  #advance(bytes: number): void {
    this.#next += bytes;
    this.#window = this.#window.subarray(bytes);
  }

  #readDictionary(header: PageHeader, body: Uint8Array): PyValue[] {
    const count = header.dictionary_page_header?.num_values ?? 0;
    const bytes = decompressPage(body, header.uncompressed_page_size, this.#codec, this.#decoder.compressors);
    const reader = { view: viewOf(bytes), offset: 0 };
    const { type, type_length: length } = this.#leaf.element;
    return this.#convert(readPlain(reader, type ?? this.#decoder.type, count, length));
  }

  #readData(header: PageHeader, body: Uint8Array): Page {
    const head = header.data_page_header_v2 ?? header.data_page_header;
    const count = head?.num_values ?? -1;
    if (head === undefined || count < 0 || count > this.#left) throw new Error(`a page claims to hold ${count} values`);
    const { maxDefinition, maxRepetition } = this.#leaf;
    const { definitionLevels, repetitionLevels, dataPage } = this.#decode(header, body);
    const definitions = definitionLevels?.length ? definitionLevels : undefined;
    const repetitions = maxRepetition > 0 ? repetitionLevels : undefined;
    const encoded: unknown = head.encoding;
    const byDictionary = encoded === 'RLE_DICTIONARY' || encoded === 'PLAIN_DICTIONARY';
    const values = byDictionary ? this.#lookUp(dataPage) : this.#convert(dataPage);
    let there = count;
    if (definitions !== undefined) {
      there = 0;
      for (const level of definitions) if (level === maxDefinition) there++;
    }
    if (values.length !== there) throw new Error(`a page holds ${values.length} values instead of ${there}`);
    return { count, definitions, repetitions, values };
  }

  #decode(header: PageHeader, body: Uint8Array): DataPage {
    if (header.data_page_header_v2 !== undefined) return readDataPageV2(body, header, this.#decoder);
    const bytes = decompressPage(body, header.uncompressed_page_size, this.#codec, this.#decoder.compressors);
    if (header.data_page_header === undefined) throw new Error('a data page has no header of its kind');
    return readDataPage(bytes, header.data_page_header, this.#decoder);
  }

  #lookUp(indexes: DataPage['dataPage']): PyValue[] {
    const values = new Array<PyValue>(indexes.length);
    for (let position = 0; position < indexes.length; position++) {
      const value = this.#dictionary?.[Number(indexes[position])];
      if (value === undefined) throw new Error('a page refers to a value that its dictionary does not hold');
      values[position] = value;
    }
    return values;
  }
}

/** Loads what unpacks the given codecs; snappy and lz4 only where a file needs them. */
export async function loadCompressors(codecs: ReadonlySet<string>): Promise<Compressors> {
  const native: Compressors = {
    GZIP: (input, maxOutputLength) => gunzipSync(input, { maxOutputLength }),
    ZSTD: (input, maxOutputLength) => zstdDecompressSync(input, { maxOutputLength }),
    BROTLI: (input, maxOutputLength) => brotliDecompressSync(input, { maxOutputLength }),
  };
  const others = ['SNAPPY', 'LZ4', 'LZ4_RAW'].some((codec) => codecs.has(codec));
  const all: Compressors = others ? { ...(await import('hyparquet-compressors')).compressors, ...native } : native;
  const guarded: Compressors = {};
  for (const [codec, unpack] of Object.entries(all)) {
    // An empty page (nothing but NULLs) is not always valid input for its codec.
    if (isCodec(codec)) guarded[codec] = (input, length) => (length === 0 ? new Uint8Array() : unpack(input, length));
  }
  return guarded;
}

function isCodec(text: string): text is keyof Compressors {
  return ['SNAPPY', 'GZIP', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'].includes(text);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unused(): never {
  throw new Error('values are not converted here');
}

const NO_PARSERS: ColumnDecoder['parsers'] = {
  timestampFromMilliseconds: unused,
  timestampFromMicroseconds: unused,
  timestampFromNanoseconds: unused,
  dateFromDays: unused,
  stringFromBytes: unused,
  jsonFromBytes: unused,
  geometryFromBytes: unused,
  geographyFromBytes: unused,
  uuidFromBytes: unused,
};
