/** Chance that can be repeated: FAULTS_SEED=<number> gives the same draws again. */
export const SEED = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000);

let state = SEED;

/** A number from 0 up to, not including, 1 (the generator mulberry32). */
export function chance(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** A whole number from `least` to `most`, both included. */
export function between(least: number, most: number): number {
  return least + Math.floor(chance() * (most - least + 1));
}

/** The items in an order by chance. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: chance() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
