const N = 624;
const M = 397;

/**
 * Python's `random.Random(seed)` for an int seed: the Mersenne Twister MT19937, with the draws that `random.sample`,
 * `shuffle`, `choice` and `random()` make of it (Lib/random.py, Modules/_randommodule.c).
 */
export class PyRandom {
  readonly #state = new Uint32Array(N);
  #next = N;

  /** @param seed an integer of any size; as in Python its sign does not matter */
  constructor(seed: number | bigint) {
    const key: number[] = [];
    for (let rest = BigInt(seed) < 0n ? -BigInt(seed) : BigInt(seed); rest > 0n; rest >>= 32n) {
      key.push(Number(rest & 0xffffffffn));
    }
    this.#seed(key.length === 0 ? [0] : key);
  }

  /** A generator that draws what this one would draw next (`getstate`, `setstate`). */
  copy(): PyRandom {
    const twin = new PyRandom(0);
    twin.#state.set(this.#state);
    twin.#next = this.#next;
    return twin;
  }

  /** init_by_array of the reference implementation. */
  #seed(key: readonly number[]): void {
    const mt = this.#state;
    mt[0] = 19650218;
    for (let i = 1; i < N; i++) mt[i] = Math.imul(1812433253, this.#mixed(i - 1)) + i;
    let i = 1;
    let j = 0;
    const wrap = (): void => {
      i++;
      if (i < N) return;
      mt[0] = mt[N - 1] ?? 0;
      i = 1;
    };
    for (let k = Math.max(N, key.length); k > 0; k--) {
      mt[i] = ((mt[i] ?? 0) ^ Math.imul(this.#mixed(i - 1), 1664525)) + (key[j] ?? 0) + j;
      wrap();
      j = (j + 1) % key.length;
    }
    for (let k = N - 1; k > 0; k--) {
      mt[i] = ((mt[i] ?? 0) ^ Math.imul(this.#mixed(i - 1), 1566083941)) - i;
      wrap();
    }
    mt[0] = 0x80000000;
  }

  #mixed(i: number): number {
    const word = this.#state[i] ?? 0;
    return word ^ (word >>> 30);
  }

  #twist(): void {
    const mt = this.#state;
    for (let i = 0; i < N; i++) {
      const y = ((mt[i] ?? 0) & 0x80000000) | ((mt[(i + 1) % N] ?? 0) & 0x7fffffff);
      mt[i] = (mt[(i + M) % N] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  /** The next 32 random bits. */
  #uint32(): number {
    if (this.#next >= N) this.#twist();
    let y = this.#state[this.#next++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** `random()`: a float in [0, 1) with 53 random bits. */
  random(): number {
    const high = this.#uint32() >>> 5;
    const low = this.#uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /**
   * `getrandbits(k)`.
   * @param k number of bits, 0 to 53
   * @throws RangeError for other numbers of bits
   */
  getrandbits(k: number): number {
    if (!Number.isInteger(k) || k < 0 || k > 53) throw new RangeError(`Cannot draw ${k} bits: draw 0 to 53.`);
    if (k === 0) return 0;
    if (k <= 32) return this.#uint32() >>> (32 - k);
    const low = this.#uint32();
    return (this.#uint32() >>> (64 - k)) * 2 ** 32 + low;
  }

  /**
   * A whole number from 0 to `n` - 1, each as likely (Random._randbelow_with_getrandbits).
   * @throws RangeError where n is below 1 or above 2 ** 53
   */
  randbelow(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`Cannot draw below ${n}: give a whole number from 1.`);
    const bits = bitLength(n);
    let drawn = this.getrandbits(bits);
    while (drawn >= n) drawn = this.getrandbits(bits);
    return drawn;
  }

  /**
   * The positions that `random.sample` picks from a list, in the order it picks them. Takes time in proportion to `k`
   * alone once the list is large, so that a stream can be wound forward by drawing.
   * @param populationSize length of the list
   * @param k how many to pick
   * @throws RangeError where `k` is negative or above `populationSize`
   */
  sample(populationSize: number, k: number): number[] {
    if (k < 0 || k > populationSize) {
      throw new RangeError(
        `Cannot draw ${k} of ${populationSize}: the sample is larger than the population or negative.`,
      );
    }
    return populationSize <= poolLimit(k) ? this.#fromPool(populationSize, k) : this.#fromSet(populationSize, k);
  }

  #fromPool(n: number, k: number): number[] {
    const pool = Array.from({ length: n }, (_, i) => i);
    const result: number[] = [];
    for (let i = 0; i < k; i++) {
      const j = this.randbelow(n - i);
      result.push(pool[j] ?? 0);
      pool[j] = pool[n - i - 1] ?? 0;
    }
    return result;
  }

  #fromSet(n: number, k: number): number[] {
    const selected = new Set<number>();
    while (selected.size < k) selected.add(this.randbelow(n));
    return [...selected];
  }

  /** `shuffle`: in place. */
  shuffle(items: unknown[]): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.randbelow(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
  }

  /**
   * `choice`: one item.
   * @throws RangeError where there is none
   */
  choice<T>(items: readonly T[]): T {
    const item = items.length > 0 ? items[this.randbelow(items.length)] : undefined;
    if (item === undefined) throw new RangeError('Cannot choose from an empty sequence.');
    return item;
  }

  /**
   * `choices(items, k=k)`: `k` items, each drawn from all of them by `random()`.
   * @throws RangeError where there is none
   */
  choices<T>(items: readonly T[], k: number): T[] {
    return Array.from({ length: k }, () => {
      const item = items[Math.floor(this.random() * items.length)];
      if (item === undefined) throw new RangeError('Cannot choose from an empty sequence.');
      return item;
    });
  }
}

/** Number of bits of a whole number from 1 to 2 ** 53. */
function bitLength(n: number): number {
  const high = Math.floor(n / 2 ** 32);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(n);
}

/**
 * Up to this population `random.sample` draws from a pool: 21 + 4 ** ceil(log(3k, 4)), or 21 for k up to 5. 3k is no
 * power of 4, so that the smallest power above it is the same without logarithms.
 */
function poolLimit(k: number): number {
  if (k <= 5) return 21;
  let power = 4;
  while (power < 3 * k) power *= 4;
  return 21 + power;
}
