/** What an Arrow schema says of a field, as far as it tells more than the parquet schema. */
export interface NotedField {
  /** `other`: of a type that changes nothing here, nor in what is below. */
  readonly kind: 'timestamp' | 'duration' | 'list' | 'struct' | 'map' | 'other';
  /** Of a duration: 0 to 3, seconds to nanoseconds. */
  unit(): number;
  /** Of a timestamp; empty where it has none. */
  zone(): string;
  /** The fields below, which are read when one asks; undefined where there are not just so many. */
  children(count: number): NotedField[] | undefined;
}

/** The types of Arrow's `Type` union that matter, by their number. A dictionary or a run-end encoded column is `other`. */
const KINDS: Readonly<Record<number, NotedField['kind']>> = {
  10: 'timestamp',
  12: 'list',
  13: 'struct',
  16: 'list',
  17: 'map',
  18: 'duration',
  21: 'list',
  25: 'list',
  26: 'list',
};
/** Of the union of messages. */
const SCHEMA = 1;
const MARKER = 0xffffffff;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** No zone has a name that long. */
const MAX_ZONE_BYTES = 256;

/**
 * Reads the note `ARROW:schema`, in which Arrow's writers keep what parquet has no words for: a schema message of Arrow's IPC format
 * as flatbuffers, in base64. Returns the fields of its columns; undefined where it has not `count` of them. Nothing in it is believed: every
 * offset is checked against the bytes, and only as many fields are read as the caller has, so that a circle goes as deep as the caller does.
 * @throws Error where pyarrow would refuse the file too: it is no base64, cut off, or no schema
 */
export function readArrowNote(text: string, count: number): NotedField[] | undefined {
  if (!BASE64.test(text)) throw new Error('it is no base64');
  const bytes = Buffer.from(text, 'base64');
  const message = checked(() => {
    const start = bytes.readUInt32LE(0) === MARKER ? 4 : 0;
    const length = bytes.readInt32LE(start);
    if (length <= 0 || length > bytes.length - start - 4) throw new RangeError();
    return tableAt(bytes.subarray(start + 4, start + 4 + length), 0);
  });
  return checked(() => {
    const schema = message.byte(1) === SCHEMA ? message.table(2) : undefined;
    if (schema === undefined) throw new Error('it holds no schema');
    return schema.tables(1, count)?.map(fieldOf);
  });
}

function fieldOf(field: FlatTable): NotedField {
  // A dictionary's type is that of its values.
  const kind = field.has(4) ? 'other' : (KINDS[field.byte(2)] ?? 'other');
  const type = checked(() => field.table(3));
  return {
    kind,
    unit: () => checked(() => type?.short(0, 1) ?? 1),
    zone: () => checked(() => type?.text(1) ?? ''),
    children: (count) => checked(() => field.tables(5, count)?.map(fieldOf)),
  };
}

/** A table of flatbuffers: fields by their number, each of which may be left out. Throws RangeError for what lies outside the bytes. */
class FlatTable {
  readonly #bytes: Buffer;
  readonly #at: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#vtable = at - bytes.readInt32LE(at);
    this.#vtableBytes = bytes.readUInt16LE(this.#vtable);
  }

  has(field: number): boolean {
    return this.#place(field) !== undefined;
  }

  byte(field: number): number {
    const place = this.#place(field);
    return place === undefined ? 0 : this.#bytes.readUInt8(place);
  }

  short(field: number, absent: number): number {
    const place = this.#place(field);
    return place === undefined ? absent : this.#bytes.readInt16LE(place);
  }

  table(field: number): FlatTable | undefined {
    const place = this.#place(field);
    return place === undefined ? undefined : tableAt(this.#bytes, place);
  }

  text(field: number): string | undefined {
    const place = this.#place(field);
    if (place === undefined) return undefined;
    const { start, count } = this.#vector(place, 1);
    if (count > MAX_ZONE_BYTES) throw new RangeError();
    return this.#bytes.toString('utf8', start, start + count);
  }

  /** Undefined where there are not `count`. */
  tables(field: number, count: number): FlatTable[] | undefined {
    const place = this.#place(field);
    const { start, count: found } = place === undefined ? { start: 0, count: 0 } : this.#vector(place, 4);
    if (found !== count) return undefined;
    return Array.from({ length: count }, (_, index) => tableAt(this.#bytes, start + index * 4));
  }

  #place(field: number): number | undefined {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.#vtableBytes) return undefined;
    const offset = this.#bytes.readUInt16LE(this.#vtable + entry);
    return offset === 0 ? undefined : this.#at + offset;
  }

  #vector(place: number, width: number): { start: number; count: number } {
    const at = place + this.#bytes.readUInt32LE(place);
    const count = this.#bytes.readUInt32LE(at);
    if (count * width > this.#bytes.length - at - 4) throw new RangeError();
    return { start: at + 4, count };
  }
}

function tableAt(bytes: Buffer, place: number): FlatTable {
  return new FlatTable(bytes, place + bytes.readUInt32LE(place));
}

function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new Error('it is damaged or cut off', { cause: error });
    throw error;
  }
}
