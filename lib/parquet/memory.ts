/** Taken from the system at a time; what is longer than a quarter of it gets memory of its own. In bytes. */
const PIECE_BYTES = 4 * 1024 ** 2;

/** Numbers of one kind in memory of their own. */
export type Numbers = Uint8Array | Uint16Array | Int32Array | BigInt64Array;

/** Memory for what is let go of all at once, and then used again: garbage of that size would stay about for long. */
export class Memory {
  readonly #pieces: ArrayBuffer[] = [];
  #piece = 0;
  #at = 0;
  #used = 0;

  /** Bytes that were handed out since the last {@link reset}. */
  get used(): number {
    return this.#used;
  }

  /** Lets go of all that was handed out. */
  reset(): void {
    this.#piece = 0;
    this.#at = 0;
    this.#used = 0;
  }

  /** So many bytes, which hold anything. */
  bytes(length: number): Uint8Array {
    return new Uint8Array(...this.#place(length), length);
  }

  /** So many ints of 32 bits, which hold anything. */
  ints(length: number): Int32Array {
    return new Int32Array(...this.#place(length * 4), length);
  }

  /** A copy of numbers. */
  keep<T extends Numbers>(numbers: T): T;
  keep(numbers: Numbers): Numbers {
    const copy = this.#like(numbers);
    copy.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    const { buffer, byteOffset } = copy;
    if (numbers instanceof Int32Array) return new Int32Array(buffer, byteOffset, numbers.length);
    if (numbers instanceof Uint16Array) return new Uint16Array(buffer, byteOffset, numbers.length);
    if (numbers instanceof BigInt64Array) return new BigInt64Array(buffer, byteOffset, numbers.length);
    return copy;
  }

  #like({ byteLength }: Numbers): Uint8Array {
    return this.bytes(byteLength);
  }

  /** Where `length` bytes are free; at a multiple of eight. */
  #place(length: number): [buffer: ArrayBuffer, offset: number] {
    this.#used += length;
    if (length > PIECE_BYTES / 4) return [new ArrayBuffer(length), 0];
    if (this.#at + length > PIECE_BYTES) {
      this.#piece++;
      this.#at = 0;
    }
    const piece = this.#pieces[this.#piece] ?? new ArrayBuffer(PIECE_BYTES);
    this.#pieces[this.#piece] = piece;
    const offset = this.#at;
    this.#at += (length + 7) & ~7;
    return [piece, offset];
  }
}
