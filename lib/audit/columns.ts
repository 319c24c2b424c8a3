import { hash } from 'node:crypto';

/**
 * What is kept of each document of a task: numbers and hashes side by side in arrays outside of the heap, as an object with a few texts
 * for each document takes kilobytes where these take tens of bytes. A row stands at the position at which it was pushed.
 */

const FIRST_ROWS = 256;

/** Numbers below 2^32, four bytes each. */
export class Numbers {
  #values = new Uint32Array(FIRST_ROWS);
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Puts one at the end. */
  push(value: number): void {
    this.#values = withRoom(this.#values, this.#length + 1);
    this.#values[this.#length++] = value;
  }

  /** Puts some at the end. */
  pushAll(values: Uint32Array): void {
    this.#values = withRoom(this.#values, this.#length + values.length);
    this.#values.set(values, this.#length);
    this.#length += values.length;
  }

  /** The one at a position; 0 where there is none. */
  at(position: number): number {
    return position < this.#length ? (this.#values[position] ?? 0) : 0;
  }

  /** Adds one to the number at a position. */
  increment(position: number): void {
    this.#values[position] = this.at(position) + 1;
  }
}

/** Bytes of a hash that are kept: 144 bits, whole groups of base64. */
const DIGEST_BYTES = 18;
/** 132 bits, as short as text can be. */
const DIGEST_CHARS = 22;

/** What a text hashes to, as it is kept: a character for each byte, as a buffer of its own would cost more than what is in it. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'binary').slice(0, DIGEST_BYTES);
}

/** Hashes of texts. */
export class Digests {
  #bytes = new Uint8Array(FIRST_ROWS * DIGEST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Puts one at the end. */
  push(digest: string): void {
    const start = this.#length++ * DIGEST_BYTES;
    this.#bytes = withRoom(this.#bytes, start + DIGEST_BYTES);
    for (let i = 0; i < DIGEST_BYTES; i++) this.#bytes[start + i] = digest.charCodeAt(i);
  }

  /** Whether the one at a position is this one. */
  is(position: number, digest: string): boolean {
    const start = position * DIGEST_BYTES;
    for (let i = 0; i < DIGEST_BYTES; i++) if (this.#bytes[start + i] !== digest.charCodeAt(i)) return false;
    return true;
  }

  /** Whether those at two positions are the same. */
  equal(a: number, b: number): boolean {
    const [left, right] = [a * DIGEST_BYTES, b * DIGEST_BYTES];
    for (let i = 0; i < DIGEST_BYTES; i++) if (this.#bytes[left + i] !== this.#bytes[right + i]) return false;
    return true;
  }

  /** The one at a position. */
  at(position: number): string {
    return Buffer.from(this.#bytes.buffer, position * DIGEST_BYTES, DIGEST_BYTES).toString('latin1');
  }

  /** The one at a position as text: the key of what is found by it, the same in every run. */
  text(position: number): string {
    return Buffer.from(this.at(position), 'latin1').toString('base64').slice(0, DIGEST_CHARS);
  }
}

/** Different hashes, each with the position at which it was first seen. Open addressing. */
export class DigestSet {
  readonly #digests = new Digests();
  /** Positions plus one; at most half of them are taken. */
  #slots = new Uint32Array(4 * FIRST_ROWS);

  /** Where it is; where it is new, it is put at the end. */
  add(digest: string): number {
    if (this.#digests.length * 2 >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(digest);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return known - 1;
    this.#digests.push(digest);
    this.#slots[slot] = this.#digests.length;
    return this.#digests.length - 1;
  }

  /** Where it is, or -1. */
  find(digest: string): number {
    return (this.#slots[this.#slotOf(digest)] ?? 0) - 1;
  }

  /** The one at a position as text. */
  text(position: number): string {
    return this.#digests.text(position);
  }

  #slotOf(digest: string): number {
    const mask = this.#slots.length - 1;
    // A hash's bytes are as random as any.
    const low = digest.charCodeAt(0) | (digest.charCodeAt(1) << 8);
    let slot = (low | (digest.charCodeAt(2) << 16) | (digest.charCodeAt(3) << 24)) & mask;
    for (let known = this.#slots[slot] ?? 0; known > 0; known = this.#slots[slot] ?? 0) {
      if (this.#digests.is(known - 1, digest)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let at = 0; at < this.#digests.length; at++) this.#slots[this.#slotOf(this.#digests.at(at))] = at + 1;
  }
}

/** Texts, as bytes one behind the other. */
export class Texts {
  #bytes = new Uint8Array(FIRST_ROWS);
  readonly #ends = new Numbers();

  /** Puts one at the end. */
  push(text: string): void {
    const end = this.#ends.at(this.#ends.length - 1);
    const bytes = Buffer.byteLength(text);
    this.#bytes = withRoom(this.#bytes, end + bytes);
    Buffer.from(this.#bytes.buffer).write(text, end);
    this.#ends.push(end + bytes);
  }

  /** The one at a position. */
  at(position: number): string {
    const start = position === 0 ? 0 : this.#ends.at(position - 1);
    return Buffer.from(this.#bytes.buffer, start, this.#ends.at(position) - start).toString();
  }
}

/** The same array, or one of twice the length with the same beginning. */
function withRoom<Values extends Uint8Array | Uint32Array>(values: Values, length: number): Values;
function withRoom(values: Uint8Array | Uint32Array, length: number): Uint8Array | Uint32Array {
  if (length <= values.length) return values;
  const size = Math.max(length, 2 * values.length);
  const larger = values instanceof Uint8Array ? new Uint8Array(size) : new Uint32Array(size);
  larger.set(values);
  return larger;
}
