/** What a COPY in binary form begins and ends with: its signature, no flags, no extension; and a row of -1 fields. */
export const COPY_HEADER: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const COPY_TRAILER: Buffer = Buffer.from([0xff, 0xff]);

/** UTF-8 takes at most this many bytes for each of JavaScript's characters. */
const MAX_BYTES_PER_CHARACTER = 3;
/** Of longer texts it is worth the time to learn how many bytes they take. In characters. */
const LONG_TEXT = 4096;

/** Rows in the binary form that Postgres' COPY takes, one behind the other. */
export class BinaryRows {
  #bytes: Buffer;
  /** The same memory: V8 compiles its calls to single instructions, where those of Buffer are functions. */
  #view: DataView;
  #length = 0;

  /** @param size in bytes; more is taken where a row needs it */
  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written; ownership of the memory passes with it. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  int16(value: number): void {
    this.#length = this.#room(2).writeInt16BE(value, this.#length);
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`${value} is no number of 32 bits`);
    this.#room(4);
    this.#view.setInt32(this.#length, value);
    this.#length += 4;
  }

  int64(value: bigint): void {
    this.#length = this.#room(8).writeBigInt64BE(value, this.#length);
  }

  double(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  byte(value: number): void {
    this.#length = this.#room(1).writeUInt8(value, this.#length);
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length).set(value, this.#length);
    this.#length += value.length;
  }

  /** A value whose length comes before it: writes it, then its length where that belongs. */
  sized(write: () => void): void {
    const start = this.#length;
    this.int32(0);
    write();
    this.#view.setInt32(start, this.#length - start - 4);
  }

  /** A text with its length before it. */
  text(value: string): void {
    const most = value.length > LONG_TEXT ? Buffer.byteLength(value) : value.length * MAX_BYTES_PER_CHARACTER;
    const bytes = this.#room(4 + most);
    const length = bytes.write(value, this.#length + 4);
    this.#view.setInt32(this.#length, length);
    this.#length += 4 + length;
  }

  #room(more: number): Buffer {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.written);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return this.#bytes;
  }
}
