/** Positions under the same key, the last few of each key: arrays that are made once, for at most so many positions. */
export class Buckets {
  readonly #most: number;
  readonly #slots: Uint32Array;
  readonly #keys: Float64Array;
  readonly #sizes: Uint8Array;
  readonly #members: Uint32Array;
  #count = 0;

  /** @param most members of a bucket; where there are more, those before are given up for them. At most 255. */
  constructor(positions: number, most: number) {
    this.#most = most;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * positions + 2)));
    this.#keys = new Float64Array(positions);
    this.#sizes = new Uint8Array(positions);
    this.#members = new Uint32Array(positions * most);
  }

  /** Takes everything out of them. */
  clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
  }

  /** The bucket of a key, a whole number below 2^53; a new one where there is none. Open addressing. */
  find(key: number): number {
    const mask = this.#slots.length - 1;
    let slot = (Math.imul(key % 0x7fffffff, 0x9e3779b1) >>> 5) & mask;
    for (let known = this.#slots[slot] ?? 0; known > 0; known = this.#slots[slot] ?? 0) {
      if (this.#keys[known - 1] === key) return known - 1;
      slot = (slot + 1) & mask;
    }
    this.#keys[this.#count] = key;
    this.#sizes[this.#count] = 0;
    this.#slots[slot] = ++this.#count;
    return this.#count - 1;
  }

  /** The positions that are in it. */
  members(bucket: number): Uint32Array {
    const start = bucket * this.#most;
    return this.#members.subarray(start, start + (this.#sizes[bucket] ?? 0));
  }

  /** Puts one in, over another where it is full. */
  put(bucket: number, position: number): void {
    const size = this.#sizes[bucket] ?? 0;
    const place = size < this.#most ? size : position % this.#most;
    this.#members[bucket * this.#most + place] = position;
    if (size < this.#most) this.#sizes[bucket] = size + 1;
  }
}
