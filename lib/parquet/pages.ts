import { crc32 } from 'node:zlib';
import { entryBytes, type UnpackBudget } from './budget.ts';
import { decompress } from './codecs.ts';
import type { ColumnChunk } from './metadata.ts';
import { type PageContent, type PageHeader, readPageHeader } from './page-header.ts';
import { levelReader, type PageLevels } from './page-levels.ts';
import type { Values } from './page-run.ts';
import { isIndexed, type ValueDecoder, valueDecoder } from './page-values.ts';
import type { Leaf } from './schema.ts';
import { EndOfBytes } from './thrift.ts';
import { type FileBytes, SlidingBytes, type Window } from './window.ts';

/** Entries that follow each other. Without levels every value is there, and every one is a row of its own. */
export interface EntryRun extends PageLevels {
  /** Values, NULLs and empty lists. */
  readonly count: number;
  /** The values that are there, without gaps. */
  readonly values: Values;
  /** Bytes that its values take, about. */
  readonly bytes: number;
  /** Where to read the page again: its place in the file, and what is left of the column from it on. */
  readonly place: PagePlace | undefined;
}

/** A place between two pages. */
export interface PagePlace {
  readonly position: number;
  readonly left: number;
}

/** Enough for nearly every page header; more is fetched where a header's statistics are longer. */
const HEADER_BYTES = 16 * 1024;
const MAX_HEADER_BYTES = 16 * 1024 ** 2;
/** A page that claims to hold more entries than this is not one. */
const MAX_PAGE_ENTRIES = 2 ** 24;

/**
 * Reads the pages of a column chunk one after the other. Sizes and counts are checked against what is there, checksums of
 * pages are checked where the file has them. Throws Error on anything malformed.
 */
export class PageReader {
  readonly #bytes: SlidingBytes;
  readonly #leaf: Leaf;
  readonly #chunk: ColumnChunk;
  readonly #budget: UnpackBudget;
  readonly #decoder: ValueDecoder;
  readonly #entryBytes: number;
  #left: number;
  /** Where the dictionary's page is, once it was seen; `forgotten` where it has to be read again. */
  #dictionary: { readonly position: number; forgotten: boolean } | undefined;
  /** What comes before was counted already. */
  #counted = 0;

  /** Values of a dictionary up to `keptBytes` are kept, as is the dictionary when the rest is let go of. */
  constructor(
    file: FileBytes,
    leaf: Leaf,
    chunk: ColumnChunk,
    window: Window,
    budget: UnpackBudget,
    keptBytes: number,
  ) {
    this.#bytes = new SlidingBytes(file, window, chunk.start, chunk.end);
    this.#leaf = leaf;
    this.#chunk = chunk;
    this.#budget = budget;
    this.#left = chunk.entries;
    this.#decoder = valueDecoder(leaf, keptBytes);
    this.#entryBytes = entryBytes(leaf);
  }

  /** Whether all values that the footer speaks of were read. */
  get done(): boolean {
    return this.#left === 0;
  }

  /** The next data page; undefined behind the last. */
  async next(): Promise<EntryRun | undefined> {
    while (this.#left > 0) {
      if (this.#bytes.left === 0) throw new Error(`it ends ${this.#left} values too early`);
      const { place } = this;
      const { header, body, fresh } = await this.#readPage();
      const { content, kind } = header;
      if (content === undefined) continue;
      if (kind === 'DICTIONARY_PAGE') this.#readDictionary(place.position, header, content, body);
      else {
        const page = await this.#readData(header, content, body, place);
        this.#left -= page.count;
        // Values of a dictionary can be referred to any number of times; short ones take no more than their entries, which were counted.
        const counted = header.unpacked + page.count * this.#entryBytes;
        if (fresh) this.#budget.spend({ bytes: Math.max(0, page.bytes - counted) });
        return page;
      }
    }
    return undefined;
  }

  /** Where the next page begins. */
  get place(): PagePlace {
    return { position: this.#bytes.position, left: this.#left };
  }

  /** Lets go of all it holds and goes on from a place where it was. */
  goTo({ position, left }: PagePlace): void {
    this.#left = left;
    this.#bytes.goTo(position);
    if (this.#decoder.forget() && this.#dictionary !== undefined) this.#dictionary.forgotten = true;
  }

  /** Goes through what is behind the last value, which must be nothing that holds any. */
  async finish(): Promise<void> {
    while (this.#bytes.left > this.#chunk.spare) {
      const { header } = await this.#readPage();
      const values = header.kind !== 'INDEX_PAGE' && header.content?.count !== 0;
      if (values) throw new Error('it holds more values than the footer says');
    }
  }

  async #rememberDictionary(dictionary: { position: number; forgotten: boolean }): Promise<void> {
    const { position } = this.#bytes;
    this.#bytes.goTo(dictionary.position);
    const { header, body } = await this.#readPage();
    if (header.content !== undefined) this.#decodeDictionary(header, header.content, body);
    dictionary.forgotten = false;
    this.#bytes.goTo(position);
  }

  async #readPage(): Promise<{ header: PageHeader; body: Uint8Array<ArrayBuffer>; fresh: boolean }> {
    await this.#bytes.fill(HEADER_BYTES);
    const { header, length } = await this.#readHeader();
    const { packed, unpacked } = header;
    if (length + packed > this.#bytes.left) throw new Error('a page is longer than its column');
    const most = this.#budget.pageBytes;
    if (unpacked > most || packed > most) {
      throw new Error(`a page claims to hold ${unpacked} bytes, where ${most} are the most that is read`);
    }
    this.#checkCount(header);
    const fresh = this.#count(header);
    await this.#bytes.fill(length + packed);
    const body = this.#bytes.held.subarray(length, length + packed);
    this.#bytes.advance(length + packed);
    if (header.crc !== undefined && crc32(body) !== header.crc) {
      throw new Error('the checksum of a page does not match its bytes: the file was damaged');
    }
    return { header, body, fresh };
  }

  #checkCount({ kind, content }: PageHeader): void {
    const { count } = content ?? { count: 0 };
    const most = kind === 'DICTIONARY_PAGE' ? MAX_PAGE_ENTRIES : Math.min(this.#left, MAX_PAGE_ENTRIES);
    if (!(count >= 0 && count <= most)) throw new Error(`a page claims to hold ${count} values`);
  }

  /** Counts each page once against the budget; tells whether it was the first time. */
  #count({ packed, unpacked, content }: PageHeader): boolean {
    const { position } = this.#bytes;
    if (position < this.#counted) return false;
    this.#counted = position + 1;
    this.#budget.spend({ bytes: Math.max(packed, unpacked) + (content?.count ?? 0) * this.#entryBytes });
    return true;
  }

  async #readHeader(): Promise<{ header: PageHeader; length: number }> {
    for (;;) {
      const { held } = this.#bytes;
      try {
        return readPageHeader(held.length > MAX_HEADER_BYTES ? held.subarray(0, MAX_HEADER_BYTES) : held);
      } catch (error) {
        // It may be longer than what was read so far.
        const whole = held.length >= this.#bytes.left || held.length >= MAX_HEADER_BYTES;
        if (whole || !(error instanceof EndOfBytes)) throw headerError(error);
        await this.#bytes.fill(held.length * 4);
      }
    }
  }

  #readDictionary(position: number, header: PageHeader, content: PageContent, body: Uint8Array): void {
    if (this.#dictionary !== undefined && this.#dictionary.position !== position)
      throw new Error('it has two dictionaries');
    this.#dictionary = { position, forgotten: false };
    this.#decodeDictionary(header, content, body);
  }

  #decodeDictionary({ unpacked }: PageHeader, { count, encoding }: PageContent, body: Uint8Array): void {
    this.#decoder.readDictionary(decompress(this.#chunk.codec, body, unpacked), encoding, count);
  }

  async #readData(
    { unpacked }: PageHeader,
    content: PageContent,
    body: Uint8Array,
    place: PagePlace,
  ): Promise<EntryRun> {
    const { count, encoding, v2 } = content;
    const { codec } = this.#chunk;
    // Levels of the newer pages are never compressed.
    const bytes = v2 === undefined ? decompress(codec, body, unpacked) : body.slice();
    const first = place.left === this.#chunk.entries;
    const { levels, there, end } = levelReader(this.#leaf, bytes, content, first);
    if (end > unpacked) throw new Error('the levels of a page are longer than it');
    let rest = bytes.subarray(end);
    if (v2 !== undefined) rest = decompress(v2.compressed ? codec : 'UNCOMPRESSED', rest, unpacked - end);
    if (isIndexed(encoding) && this.#dictionary?.forgotten) await this.#rememberDictionary(this.#dictionary);
    const { values, bytes: taken } = this.#decoder.read(rest, encoding, there, this.#budget.pageBytes);
    return { count, ...levels, values, bytes: taken, place };
  }
}

function headerError(error: unknown): Error {
  return new Error(`a page's header is damaged: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
