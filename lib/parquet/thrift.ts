/** Structs inside of structs or lists; parquet's own go six deep. Deeper ones would exhaust the stack. */
const MAX_NESTING = 16;

/** Wire types of thrift's compact protocol. */
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const MAP = 11;
const STRUCT = 12;
const UUID = 13;

/** A text in a header has to be UTF-8. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Thrown where the bytes end before the value that they began: there may be more of them elsewhere. */
export class EndOfBytes extends Error {
  override readonly name = 'EndOfBytes';
  constructor() {
    super('it ends in the middle of a value');
  }
}

/**
 * Reads thrift's compact protocol, in which parquet's footers and page headers are written. Nothing is believed: what a length
 * or a count claims is checked against the bytes that are left before anything is made for it, numbers have a longest form,
 * nesting has an end. A field is read by the caller, who knows its type, or skipped. Throws Error, {@link EndOfBytes} among them.
 */
export class ThriftReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #nesting = 0;
  /** Wire type of the value to be read next. */
  #type = STRUCT;
  #taken = false;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Where the next byte is. */
  get offset(): number {
    return this.#at;
  }

  /** Reads a struct; `field` is called with the id of each of its fields and reads those that it knows. */
  struct(field: (id: number) => void): void {
    this.#take(STRUCT);
    if (++this.#nesting > MAX_NESTING) throw new Error(`it is nested more than ${MAX_NESTING} levels deep`);
    let id = 0;
    for (let head = this.#byte(); head !== 0; head = this.#byte()) {
      const delta = head >> 4;
      id = delta === 0 ? unzigzag(this.#varint(3)) : id + delta;
      if (!(id > 0 && id < 2 ** 15)) throw new Error(`it has a field ${id}, which there can't be`);
      this.#type = head & 15;
      this.#taken = false;
      field(id);
      if (!this.#taken) this.#skip();
    }
    this.#nesting--;
    this.#taken = true;
  }

  /** Reads a list; `item` is called for each of its items and must read it. */
  list(item: (index: number) => void): void {
    this.#take(LIST);
    const { type, size } = this.#listHead();
    for (let index = 0; index < size; index++) {
      this.#type = type;
      this.#taken = false;
      item(index);
      if (!this.#taken) this.#skipItem();
    }
    this.#taken = true;
  }

  /** An int of at most 32 bits. */
  int(): number {
    if (this.#type === BYTE) {
      this.#take(BYTE);
      return (this.#byte() << 24) >> 24;
    }
    this.#take(this.#type === I16 ? I16 : I32);
    return unzigzag(this.#varint(5));
  }

  /** A size, an offset or a count: an int of 64 bits that is small enough to be exact. */
  long(): number {
    this.#take(I64);
    const zigzag = this.#varint(10);
    if (!Number.isSafeInteger(zigzag)) throw new Error('a number in it is too large');
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  bool(): boolean {
    this.#take(this.#type === FALSE ? FALSE : TRUE);
    return this.#type === TRUE;
  }

  /** Bytes of the source, not a copy. */
  bytes(): Uint8Array {
    this.#take(BINARY);
    return this.#run(this.#varint(5));
  }

  text(): string {
    return utf8.decode(this.bytes());
  }

  #take(type: number): void {
    if (this.#type !== type) throw new Error(`a value in it has the type ${this.#type} instead of ${type}`);
    this.#taken = true;
  }

  #skip(): void {
    switch (this.#type) {
      case TRUE:
      case FALSE:
        return;
      default:
        this.#skipItem();
    }
  }

  /** In a list, a truth value has a byte of its own. */
  #skipItem(): void {
    const type = this.#type;
    switch (type) {
      case TRUE:
      case FALSE:
      case BYTE:
        this.#run(1);
        return;
      case I16:
      case I32:
      case I64:
        this.#varint(10);
        return;
      case DOUBLE:
        this.#run(8);
        return;
      case UUID:
        this.#run(16);
        return;
      case BINARY:
        this.bytes();
        return;
      case STRUCT:
        this.struct(() => {});
        return;
      case LIST:
      case SET:
        this.#skipAll();
        return;
      case MAP:
        this.#skipMap();
        return;
      default:
        throw new Error(`a value in it has the type ${type}, which there is not`);
    }
  }

  #skipAll(): void {
    if (++this.#nesting > MAX_NESTING) throw new Error(`it is nested more than ${MAX_NESTING} levels deep`);
    const { type, size } = this.#listHead();
    for (let index = 0; index < size; index++) {
      this.#type = type;
      this.#skipItem();
    }
    this.#nesting--;
  }

  #skipMap(): void {
    if (++this.#nesting > MAX_NESTING) throw new Error(`it is nested more than ${MAX_NESTING} levels deep`);
    const size = this.#count(this.#varint(5));
    const types = size === 0 ? 0 : this.#byte();
    for (let index = 0; index < size; index++) {
      for (const type of [types >> 4, types & 15]) {
        this.#type = type;
        this.#skipItem();
      }
    }
    this.#nesting--;
  }

  #listHead(): { type: number; size: number } {
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint(5) : head >> 4;
    return { type: head & 15, size: this.#count(size) };
  }

  /** Each item takes at least a byte. */
  #count(size: number): number {
    if (size > this.#bytes.length - this.#at) throw new EndOfBytes();
    return size;
  }

  #run(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new EndOfBytes();
    const run = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return run;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new EndOfBytes();
    return byte;
  }

  /** A number of at most `longest` bytes, seven bits in each. Above 2^53 it is not exact. */
  #varint(longest: number): number {
    let value = 0;
    let scale = 1;
    for (let read = 0; read < longest; read++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new Error(`a number in it is longer than ${longest} bytes`);
  }
}

function unzigzag(value: number): number {
  if (value >= 2 ** 32) throw new Error('a number in it has more than 32 bits');
  return (value >>> 1) ^ -(value & 1);
}
