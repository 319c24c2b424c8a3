import { brotliDecompressSync, crc32, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import type { ColumnMetaData, Compressors, PageHeader } from 'hyparquet/src/types.js';
import { MAX_PAGE_BYTES, readLevels, type ValueDecoder, valueDecoder } from './page-values.ts';
import type { Leaf } from './schema.ts';
import type { Values } from './values.ts';

/** Random access to the bytes of one file. */
export interface FileBytes {
  readonly size: number;
  /** The bytes may be put at the beginning of `into`, where they have room. */
  read(start: number, end: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Memory of a column that its row groups use one after the other; garbage of that size would stay about for long. */
export class Window {
  /** The bytes that are worked through. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The bytes behind them, which are fetched meanwhile. */
  readonly ahead: Uint8Array<ArrayBuffer>;
  /** Until it settles, `ahead` is being written. */
  reading: Promise<unknown> = Promise.resolve();

  /** @param size of what is read at a time; takes three times as much memory */
  constructor(size: number) {
    this.bytes = new Uint8Array(2 * size);
    this.ahead = new Uint8Array(size);
  }
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
  definitions: Uint8Array | undefined;
  repetitions: Uint8Array | undefined;
  /** The values that are there, without gaps. */
  values: Values;
}

/** Enough for nearly every page header; more is fetched where a header's statistics are longer. */
const HEADER_BYTES = 16 * 1024;
const MAX_HEADER_BYTES = 16 * 1024 ** 2;
/** A page that claims to hold more entries than this is not one. */
const MAX_PAGE_ENTRIES = 2 ** 24;

/**
 * Reads the pages of a column chunk one after the other, through a window that grows only for a page longer than it. Checksums of pages are checked where the file has them. Throws Error on anything malformed.
 */
export class PageReader {
  readonly #file: FileBytes;
  readonly #leaf: Leaf;
  readonly #decoder: ValueDecoder;
  readonly #compressors: Compressors;
  readonly #memory: Window;
  readonly #end: number;
  readonly #codec: ColumnMetaData['codec'];
  #next: number;
  #window: Uint8Array<ArrayBuffer> = new Uint8Array();
  #left: number;
  /** The bytes that come after the window, as soon as they are there. */
  #ahead: { to: number; bytes: Promise<Uint8Array<ArrayBuffer>> } | undefined;

  constructor(file: FileBytes, leaf: Leaf, chunk: ColumnChunk, compressors: Compressors, window: Window) {
    this.#file = file;
    this.#leaf = leaf;
    this.#compressors = compressors;
    this.#memory = window;
    this.#next = chunk.start;
    this.#end = chunk.end;
    this.#left = chunk.entries;
    this.#codec = chunk.codec;
    this.#decoder = valueDecoder(leaf.element, leaf.element.type ?? chunk.type);
  }

  /** Whether all values that the footer speaks of were read. */
  get done(): boolean {
    return this.#left === 0;
  }

  /** The next data page; undefined behind the last. */
  async next(): Promise<Page | undefined> {
    while (this.#left > 0) {
      const { header, body } = await this.#readPage();
      if (header.type === 'DICTIONARY_PAGE') {
        const count = header.dictionary_page_header?.num_values ?? -1;
        this.#decoder.readDictionary(this.#unpack(body, header.uncompressed_page_size), count);
      }
      const page = this.#readData(header, body);
      if (page === undefined) continue;
      this.#left -= page.count;
      // What is left of the chunk is of no use to anybody.
      if (this.#left === 0) this.#window = new Uint8Array();
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
    if (!(unpacked >= 0) || unpacked > MAX_PAGE_BYTES || size > MAX_PAGE_BYTES) {
      throw new Error(`a page claims to hold ${unpacked} bytes, where ${MAX_PAGE_BYTES} are the most that is read`);
    }
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
        // It may be longer than what was read so far.
        const whole = this.#next + this.#window.length >= this.#end;
        if (whole || this.#window.length >= MAX_HEADER_BYTES) throw error;
        await this.#fill(this.#window.length * 4);
      }
    }
  }

  /** Makes the window hold at least `bytes`, or all that is left. */
  async #fill(bytes: number): Promise<void> {
    if (this.#window.length >= bytes) return;
    // Also of a row group before that was left before its end.
    await this.#memory.reading;
    const held = this.#window.length;
    const from = this.#next + held;
    const enough = this.#ahead?.to ?? from + this.#memory.ahead.length;
    const to = Math.min(this.#end, Math.max(this.#next + bytes, enough));
    if (to <= from) return;
    const length = to - this.#next;
    const memory = length > this.#memory.bytes.length ? new Uint8Array(length) : this.#memory.bytes;
    memory.set(this.#window);
    await this.#readInto(memory.subarray(held, length), from, to);
    this.#window = memory.subarray(0, length);
    this.#readAhead(to);
  }

  async #readInto(memory: Uint8Array<ArrayBuffer>, from: number, to: number): Promise<void> {
    const fetched = await this.#ahead?.bytes;
    this.#ahead = undefined;
    if (fetched !== undefined) memory.set(fetched);
    const at = from + (fetched?.length ?? 0);
    if (at >= to) return;
    const into = memory.subarray(at - from);
    const read = await this.#file.read(at, to, into);
    if (read.buffer !== into.buffer) into.set(read);
  }

  #readAhead(from: number): void {
    const to = Math.min(this.#end, from + this.#memory.ahead.length);
    if (to <= from) return;
    const bytes = this.#file.read(from, to, this.#memory.ahead);
    this.#memory.reading = bytes.catch(() => {});
    this.#ahead = { to, bytes };
  }

  #advance(bytes: number): void {
    this.#next += bytes;
    this.#window = this.#window.subarray(bytes);
  }

  #readData(header: PageHeader, body: Uint8Array): Page | undefined {
    const { data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size: size } = header;
    const head = v2 ?? v1;
    if (head === undefined || !header.type.startsWith('DATA_PAGE')) return undefined;
    const count = head.num_values;
    if (!(count >= 0 && count <= this.#left && count <= MAX_PAGE_ENTRIES)) {
      throw new Error(`a page claims to hold ${count} values`);
    }
    const { maxDefinition, maxRepetition } = this.#leaf;
    const bytes = v2 === undefined ? this.#unpack(body, size) : body.slice();
    let at = 0;
    const levels = (max: number, given: number | undefined) => {
      if (max === 0) return undefined;
      // Only the newer pages know the length from their header.
      const start = given === undefined ? at + 4 : at;
      const length = given ?? viewOf(bytes).getUint32(at, true);
      if (!(length >= 0 && start + length <= bytes.length)) throw new Error('the levels of a page are longer than it');
      at = start + length;
      return readLevels(bytes.subarray(start, at), max, count);
    };
    const repetitions = levels(maxRepetition, v2?.repetition_levels_byte_length);
    const definitions = levels(maxDefinition, v2?.definition_levels_byte_length);
    const there = definitions === undefined ? count : countEqual(definitions, maxDefinition);
    let rest = bytes.subarray(at);
    if (v2 !== undefined && v2.is_compressed !== false && there > 0) rest = this.#unpack(rest, size - at);
    const values = this.#decoder.read(rest, String(head.encoding), there);
    return { count, definitions: there === count ? undefined : definitions, repetitions, values };
  }

  #unpack(bytes: Uint8Array, size: number): Uint8Array {
    // The window's memory is used again while the page is still being read.
    const packed = this.#codec === 'UNCOMPRESSED' ? bytes.slice() : bytes;
    return decompressPage(packed, size, this.#codec, this.#compressors);
  }
}

function countEqual(levels: Uint8Array, wanted: number): number {
  let count = 0;
  for (const level of levels) if (level === wanted) count++;
  return count;
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
