import { BSON } from 'mongodb';
import { PyOpaque, PyTuple, type PyValue } from '../python/value.ts';
import { fitsInt64 } from './bson.ts';
import { KEY_WITH_NUL, MAX_DEPTH, MAX_DOCUMENT_BYTES, TOO_DEEP } from './storable.ts';

/** BSON's numbers of its types (bsonspec.org). */
const DOUBLE = 1;
const STRING = 2;
const OBJECT = 3;
const ARRAY = 4;
const OBJECT_ID = 7;
const BOOLEAN = 8;
const DATE = 9;
const NULL = 10;
const INT32 = 16;
const INT64 = 18;

const LEAST_BYTES = 1 << 14;
/** Texts that are shorter are written here, which is quicker than to call for it. */
const SHORT = 24;
const MAX_BYTES_PER_UNIT = 3;

/** Why MongoDB can never hold the document that is being written. */
export class UnstorableValue extends Error {}

/**
 * Writes documents as BSON, one behind the other, into memory that grows and is used again: byte for byte what the driver's `serialize`
 * makes of `toBson`'s values, without making those.
 */
export class BsonWriter {
  /** The documents end at `length`. */
  bytes: Buffer;
  length = 0;
  #depth = 0;
  #documentAt = 0;

  constructor(bytes: Buffer = Buffer.allocUnsafe(LEAST_BYTES)) {
    this.bytes = bytes;
  }

  /** Begins a document. */
  open(): void {
    this.#documentAt = this.length;
    this.#depth = 1;
    this.#reserve(4);
    this.length += 4;
  }

  /** @throws UnstorableValue where it has become too large */
  close(): void {
    this.#end(this.#documentAt);
    this.#checkSize();
  }

  /** Fields that are BSON already, from {@link fieldsOf}. */
  fields(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was written before, once more. */
  again(from: number, to: number): void {
    this.#reserve(to - from);
    this.bytes.copyWithin(this.length, from, to);
    this.length += to - from;
  }

  /** @param id of 12 bytes */
  objectId(key: string, id: Uint8Array): void {
    this.#key(OBJECT_ID, key);
    this.fields(id);
  }

  string(key: string, text: string): void {
    this.#key(STRING, key);
    this.#reserve(5);
    const at = this.length;
    this.length += 4;
    this.#text(text);
    this.bytes[this.length++] = 0;
    this.bytes.writeInt32LE(this.length - at - 4, at);
  }

  /** A number of ours: an int32 where it is one. */
  number(key: string, value: number): void {
    if ((value | 0) !== value || Object.is(value, -0)) this.#double(key, value);
    else this.#int32(key, value);
  }

  date(key: string, date: Date): void {
    this.#key(DATE, key);
    this.#reserve(8);
    this.length = this.bytes.writeBigInt64LE(BigInt(date.getTime()), this.length);
  }

  /** Begins a list within the document. @returns what {@link endList} needs */
  beginList(key: string): number {
    return this.#begin(ARRAY, key);
  }

  endList(at: number): void {
    this.#depth--;
    this.#end(at);
  }

  /**
   * A value of Python.
   * @throws UnstorableValue for what MongoDB can't hold
   */
  value(key: string, value: PyValue): void {
    if (typeof value === 'string') this.string(key, value);
    else if (typeof value === 'bigint') this.#int(key, value);
    else if (typeof value === 'number') this.#double(key, value);
    else if (value === null) this.#key(NULL, key);
    else if (typeof value === 'boolean') this.#boolean(key, value);
    else if (Array.isArray(value)) this.#items(key, value);
    else if (value instanceof PyTuple) this.#items(key, value.items);
    else if (value instanceof PyOpaque) this.#opaque(key, value);
    else this.dict(key, value);
  }

  /** A dict, in its order. @throws UnstorableValue */
  dict(key: string, dict: ReadonlyMap<PyValue, PyValue>): void {
    const at = this.#begin(OBJECT, key);
    for (const [name, item] of textKeys(dict)) this.value(name, item);
    this.endList(at);
  }

  #items(key: string, items: readonly PyValue[]): void {
    const at = this.#begin(ARRAY, key);
    for (const [n, item] of items.entries()) this.value(String(n), item);
    this.endList(at);
  }

  #int(key: string, value: bigint): void {
    const number = Number(value);
    if ((number | 0) === number) this.#int32(key, number);
    else if (fitsInt64(value)) this.#int64(key, value);
    else throw new UnstorableValue(`the int ${value} has more than 64 bits`);
  }

  #int32(key: string, value: number): void {
    this.#key(INT32, key);
    this.#reserve(4);
    this.length = this.bytes.writeInt32LE(value, this.length);
  }

  #int64(key: string, value: bigint): void {
    this.#key(INT64, key);
    this.#reserve(8);
    this.length = this.bytes.writeBigInt64LE(value, this.length);
  }

  #double(key: string, value: number): void {
    this.#key(DOUBLE, key);
    this.#reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  #opaque(key: string, { bson, repr }: PyOpaque): void {
    if (bson === undefined) throw new UnstorableValue(`${repr.slice(0, 80)} has no form there`);
    this.fields(fieldsToBson({ [key]: bson }));
  }

  #boolean(key: string, value: boolean): void {
    this.#key(BOOLEAN, key);
    this.#reserve(1);
    this.bytes[this.length++] = value ? 1 : 0;
  }

  #begin(type: number, key: string): number {
    if (++this.#depth > MAX_DEPTH) throw new UnstorableValue(TOO_DEEP);
    this.#key(type, key);
    this.#reserve(4);
    const at = this.length;
    this.length += 4;
    return at;
  }

  #end(at: number): void {
    this.#reserve(1);
    this.bytes[this.length++] = 0;
    this.bytes.writeInt32LE(this.length - at, at);
  }

  #key(type: number, key: string): void {
    if (key.includes('\0')) throw new UnstorableValue(KEY_WITH_NUL);
    this.#reserve(2);
    this.bytes[this.length++] = type;
    this.#text(key);
    this.bytes[this.length++] = 0;
  }

  /** Leaves room for one byte more. */
  #text(text: string): void {
    const most = text.length * MAX_BYTES_PER_UNIT + 1;
    // What is surely too large is not even copied; and where room is short, it is counted how much is needed.
    if (text.length > MAX_DOCUMENT_BYTES) throw tooLarge();
    if (this.length + most > this.bytes.length) this.#reserve(text.length > SHORT ? Buffer.byteLength(text) + 1 : most);
    if (text.length <= SHORT) {
      const { bytes } = this;
      let at = this.length;
      let n = 0;
      for (; n < text.length; n++) {
        const unit = text.charCodeAt(n);
        if (unit > 0x7f) break;
        bytes[at++] = unit;
      }
      if (n === text.length) {
        this.length = at;
        return;
      }
    }
    this.length += this.bytes.write(text, this.length, 'utf8');
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    this.#checkSize();
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  #checkSize(): void {
    if (this.length - this.#documentAt > MAX_DOCUMENT_BYTES) throw tooLarge();
  }
}

/** The fields of a document of the driver's as they lie in it, without its beginning and end. */
export function fieldsToBson(document: Readonly<Record<string, unknown>>): Uint8Array {
  return BSON.serialize(document).subarray(4, -1);
}

const CONSTANT_BYTES = 256;

/** Fields as they lie in a document, to be written into many. */
export function fieldsOf(write: (writer: BsonWriter) => void): Uint8Array {
  const writer = new BsonWriter(Buffer.allocUnsafe(CONSTANT_BYTES));
  write(writer);
  return writer.bytes.subarray(0, writer.length);
}

/** As `toBson` has them: what is no text is printed, and of two that are the same then the last one counts. */
function textKeys(dict: ReadonlyMap<PyValue, PyValue>): ReadonlyMap<string, PyValue> {
  if (hasTextKeys(dict)) return dict;
  return new Map([...dict].map(([name, item]) => [String(name), item]));
}

function hasTextKeys(dict: ReadonlyMap<PyValue, PyValue>): dict is ReadonlyMap<string, PyValue> {
  for (const key of dict.keys()) if (typeof key !== 'string') return false;
  return true;
}

function tooLarge(): UnstorableValue {
  return new UnstorableValue(`it takes more bytes than a document may have, ${MAX_DOCUMENT_BYTES} at most`);
}
