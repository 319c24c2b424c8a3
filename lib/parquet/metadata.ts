import { withNotedTypes } from './noted-types.ts';
import { type Leaf, type ParquetSchema, pathOf, readSchema, treeOf } from './schema.ts';
import { named, type PhysicalType, readPhysicalType, readSchemaElement, type SchemaElement } from './schema-element.ts';
import { ThriftReader } from './thrift.ts';

const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'] as const;
/** How pages are compressed. */
export type Codec = (typeof CODECS)[number];

/** What writers note beside the schema, of which we read the types that parquet itself has no name for. */
const KEPT_NOTES = ['ARROW:schema', 'huggingface'];
/** Columns and fields. A table has at most 1,600 columns, so more would be structs of hundreds of fields each. */
const MAX_SCHEMA_ELEMENTS = 10_000;
/** Ordinals of row groups have 16 bits, so not even that many are foreseen; each takes memory before any row is read. */
const MAX_ROW_GROUPS = 2 ** 18;
/** Bytes behind the footer of an encrypted file: a nonce and a tag that sign it. */
const SIGNATURE_BYTES = 28;
/**
 * The dictionary page's header is missing in the lengths of columns that parquet-mr wrote before 1.2.9 (PARQUET-816), and
 * no such header is longer than this.
 */
const FORGOTTEN_BYTES = 100;

/** Where the values of one column of a row group lie, and how: all that is kept of what the footer says about it. */
export interface ColumnChunk {
  readonly codec: Codec;
  /** Bytes of the file, from `start` up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
  /** Values, NULLs and empty lists. */
  readonly entries: number;
  /** Bytes of its pages before they were compressed, as the footer has it: an estimate. */
  readonly unpacked: number;
  /** Bytes at its end that may belong to something else. */
  readonly spare: number;
}

/** What is kept of a row group; footers hold much more, and a file can have thousands. */
export interface RowGroupPlace {
  readonly rows: number;
  /** Before compression, as the footer has it. */
  readonly bytes: number;
  /** One for each leaf of the schema; none where there are no rows. */
  readonly chunks: readonly ColumnChunk[];
}

/** A footer, checked against itself and the file's size. */
export interface Metadata {
  readonly schema: ParquetSchema;
  readonly groups: readonly RowGroupPlace[];
  /** By their keys. */
  readonly notes: ReadonlyMap<string, string>;
}

/**
 * Reads a footer, `bytes`, of a file whose pages end at `dataEnd`. Throws Error where it contradicts itself, or names bytes that are not there.
 */
export function readMetadata(bytes: Uint8Array, dataEnd: number): Metadata {
  const reader = new ThriftReader(bytes);
  const elements: SchemaElement[] = [];
  const notes = new Map<string, string>();
  const groups: RowGroupPlace[] = [];
  let schema: ParquetSchema | undefined;
  let rows: number | undefined;
  let writer = '';
  let encrypted = false;
  reader.struct((id) => {
    if (id === 2) {
      if (schema !== undefined) throw new Error('it has two schemas');
      reader.list((index) => {
        if (index >= MAX_SCHEMA_ELEMENTS) throw new Error(`its schema has more than ${MAX_SCHEMA_ELEMENTS} elements`);
        elements.push(readSchemaElement(reader));
      });
      schema = readSchema(treeOf(elements));
    } else if (id === 3) rows = reader.long();
    else if (id === 4) {
      const { leaves } = schema ?? {};
      if (leaves === undefined) throw new Error('its row groups come before its schema');
      reader.list((index) => {
        if (index >= MAX_ROW_GROUPS) throw new Error(`it has more than ${MAX_ROW_GROUPS} row groups`);
        groups.push(readRowGroup(reader, leaves));
      });
    } else if (id === 5) readNotes(reader, notes);
    else if (id === 6) writer = reader.text();
    else if (id === 8) encrypted = true;
  });
  if (schema === undefined) throw new Error('it has no schema');
  if (schema.leaves.length === 0) throw new Error('it has no columns');
  const left = bytes.length - reader.offset;
  if (left !== 0 && !(encrypted && left === SIGNATURE_BYTES))
    throw new Error(`${left} bytes of its footer are no part of it`);
  const counted = groups.reduce((sum, group) => sum + group.rows, 0);
  // Some writers leave the sum at 0; what the row groups say is checked against their values.
  if (rows !== counted && rows !== 0) throw new Error(`it has ${counted} rows but says ${rows}`);
  requireOwnBytes(groups, dataEnd);
  const spare = writesShortLengths(writer) ? FORGOTTEN_BYTES : 0;
  schema = withNotedTypes(schema, notes.get('ARROW:schema'));
  return { schema, groups: groups.map((group) => placed(group, dataEnd, spare)), notes };
}

function readRowGroup(reader: ThriftReader, leaves: readonly Leaf[]): RowGroupPlace {
  const chunks: ColumnChunk[] = [];
  let rows = -1;
  let bytes = 0;
  reader.struct((id) => {
    if (id === 1) {
      reader.list((index) => {
        const leaf = leaves[index];
        if (leaf === undefined) throw new Error(`a row group has more than the ${leaves.length} columns of the schema`);
        chunks.push(readChunk(reader, leaf));
      });
    } else if (id === 2) bytes = reader.long();
    else if (id === 3) rows = reader.long();
  });
  if (!(rows >= 0)) throw new Error(`a row group claims to hold ${rows} rows`);
  if (chunks.length !== leaves.length && rows > 0) throw new Error(`column ${chunks.length} is missing`);
  // A row group without rows need not have pages either.
  return { rows, bytes: Math.max(0, bytes), chunks: rows === 0 ? [] : chunks };
}

function readChunk(reader: ThriftReader, leaf: Leaf): ColumnChunk {
  let chunk: ColumnChunk | undefined;
  reader.struct((id) => {
    if (id === 1) throw new Error(`column ${leaf.index} is in another file, ${JSON.stringify(reader.text())}`);
    if (id === 3) chunk = readChunkMetadata(reader, leaf);
    else if (id === 8) throw new Error(`column ${leaf.index} is encrypted`);
  });
  if (chunk === undefined) throw new Error(`column ${leaf.index} is missing or encrypted`);
  return chunk;
}

function readChunkMetadata(reader: ThriftReader, leaf: Leaf): ColumnChunk {
  const expected = pathOf(leaf);
  let type: PhysicalType | undefined;
  let codec: Codec | undefined;
  let parts = 0;
  let matches = true;
  let entries = -1;
  let unpacked = 0;
  let packed = -1;
  let data = -1;
  let dictionary = 0;
  reader.struct((id) => {
    if (id === 1) type = readPhysicalType(reader);
    else if (id === 3) {
      reader.list((index) => {
        parts = index + 1;
        matches &&= reader.text() === expected[index];
      });
    } else if (id === 4) codec = named(CODECS, reader.int(), 'codec');
    else if (id === 5) entries = reader.long();
    else if (id === 6) unpacked = reader.long();
    else if (id === 7) packed = reader.long();
    else if (id === 9) data = reader.long();
    else if (id === 11) dictionary = reader.long();
  });
  if (!matches || parts !== expected.length) throw new Error(`column ${leaf.index} is not ${expected.join('.')}`);
  if (type !== leaf.element.type)
    throw new Error(`column ${leaf.index} is ${type} where the schema has ${leaf.element.type}`);
  if (codec === undefined || entries < 0 || packed < 0)
    throw new Error(`column ${leaf.index} is described in part only`);
  // Where there is no dictionary, some writers note one at 0.
  const start = dictionary > 0 ? Math.min(dictionary, data) : data;
  return { codec, start, end: start + packed, entries, unpacked: Math.max(0, unpacked), spare: 0 };
}

function placed(group: RowGroupPlace, dataEnd: number, spare: number): RowGroupPlace {
  for (const { start, end } of group.chunks) {
    if (start < 4 || end > dataEnd) throw new Error(`its bytes ${start} to ${end} are outside the file`);
  }
  if (spare === 0) return group;
  const longer = (chunk: ColumnChunk) => ({ ...chunk, end: Math.min(dataEnd, chunk.end + spare), spare });
  return { ...group, chunks: group.chunks.map(longer) };
}

/** Columns have bytes of their own each: pages that several point to would be unpacked over and over. */
function requireOwnBytes(groups: readonly RowGroupPlace[], dataEnd: number): void {
  let total = 0;
  for (const { chunks } of groups) for (const { start, end } of chunks) total += end - start;
  if (total > dataEnd) throw new Error(`its columns claim ${total} bytes of a file of ${dataEnd}`);
}

function readNotes(reader: ThriftReader, notes: Map<string, string>): void {
  reader.list(() => {
    let key = '';
    let value = new Uint8Array();
    reader.struct((id) => {
      if (id === 1) key = reader.text();
      else if (id === 2) value = Uint8Array.from(reader.bytes());
    });
    if (KEPT_NOTES.includes(key)) notes.set(key, Buffer.from(value).toString('utf8'));
  });
}

/** Whether a program is parquet-mr before 1.2.9. */
function writesShortLengths(program: string): boolean {
  const version = /^parquet-mr version (\d+)\.(\d+)\.(\d+)/.exec(program)?.slice(1).map(Number);
  if (version === undefined) return false;
  const [major = 0, minor = 0, patch = 0] = version;
  return major < 1 || (major === 1 && (minor < 2 || (minor === 2 && patch < 9)));
}
