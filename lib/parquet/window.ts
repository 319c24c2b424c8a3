/** Random access to the bytes of one file. */
export interface FileBytes {
  readonly size: number;
  /** The bytes may be put at the beginning of `into`, where they have room. */
  read(start: number, end: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Where the bytes are in memory already: a view of them. */
  view?(start: number, end: number): Uint8Array<ArrayBuffer>;
}

/** Memory that columns use one after the other to read through; garbage of that size would stay about for long. */
export class Window {
  readonly #size: number;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #ahead: Uint8Array<ArrayBuffer> | undefined;
  /** Until it settles, `ahead` is being written. */
  reading: Promise<unknown> = Promise.resolve();

  /** @param size of what is read at a time, in bytes; takes three times as much memory once it is used */
  constructor(size: number) {
    this.#size = size;
  }

  /** The bytes that are worked through. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#bytes ??= new Uint8Array(2 * this.#size);
    return this.#bytes;
  }

  /** The bytes behind them, which are fetched meanwhile. */
  get ahead(): Uint8Array<ArrayBuffer> {
    this.#ahead ??= new Uint8Array(this.#size);
    return this.#ahead;
  }
}

/** The bytes of a stretch of a file, one piece after the other, through a {@link Window} that grows only for a piece longer than it. */
export class SlidingBytes {
  readonly #file: FileBytes;
  readonly #memory: Window;
  readonly #end: number;
  #next: number;
  #held: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** The bytes that come after those held, as soon as they are there. */
  #ahead: { to: number; bytes: Promise<Uint8Array<ArrayBuffer>> } | undefined;

  /** From `start` up to, not including, `end`. */
  constructor(file: FileBytes, memory: Window, start: number, end: number) {
    this.#file = file;
    this.#memory = memory;
    this.#next = start;
    this.#end = end;
    this.goTo(start);
  }

  /** Where the next byte is in the file. */
  get position(): number {
    return this.#next;
  }

  /** Bytes up to the end. */
  get left(): number {
    return this.#end - this.#next;
  }

  /** The bytes that are at hand; good until the next call. */
  get held(): Uint8Array<ArrayBuffer> {
    return this.#held;
  }

  /** Goes on from there. */
  goTo(position: number): void {
    this.#next = position;
    this.#ahead = undefined;
    this.#held = this.#file.view?.(position, this.#end) ?? new Uint8Array();
  }

  /** Goes behind the next `bytes`, which are held. */
  advance(bytes: number): void {
    this.#next += bytes;
    this.#held = this.#held.subarray(bytes);
  }

  /** Holds at least the next `bytes`, or all that are left. */
  async fill(bytes: number): Promise<void> {
    if (this.#held.length >= Math.min(bytes, this.left)) return;
    // Also of a column before that was left before its end.
    await this.#memory.reading;
    const held = this.#held.length;
    const from = this.#next + held;
    const enough = this.#ahead?.to ?? from + this.#memory.ahead.length;
    const to = Math.min(this.#end, Math.max(this.#next + bytes, enough));
    const length = to - this.#next;
    const memory = length > this.#memory.bytes.length ? new Uint8Array(length) : this.#memory.bytes;
    memory.set(this.#held);
    await this.#readInto(memory.subarray(held, length), from, to);
    this.#held = memory.subarray(0, length);
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
}
