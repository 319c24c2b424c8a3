import type { PyValue } from '../python/value.ts';
import type { Memory } from './memory.ts';
import type { EntryRun } from './pages.ts';

/** The entries of a leaf, one after the other: `definition`, `repetition` and, where it is there, the value of the current one. */
export interface Entries {
  /** -1 behind the last one. */
  readonly definition: number;
  readonly repetition: number;
  /** The value of the current entry, null where it is not there; goes on to the next. */
  take(): PyValue;
}

/** The entries of one leaf that are at hand. */
export class HeldEntries implements Entries {
  readonly maxDefinition: number;
  readonly #runs: EntryRun[] = [];
  #run: EntryRun | undefined;
  #entry = 0;
  #value = 0;
  definition = -1;
  repetition = 0;

  constructor(maxDefinition: number) {
    this.maxDefinition = maxDefinition;
  }

  take(): PyValue {
    const run = this.#run;
    if (run === undefined) throw new Error('it ends in the middle of a row');
    const value = this.definition === this.maxDefinition ? run.values.at(this.#value++) : null;
    this.#entry++;
    this.#look(run);
    return value;
  }

  /** Puts entries behind those at hand; where there are none, from one of them on, before which there are so many values. */
  hold(run: EntryRun, entry = 0, value = 0): void {
    if (this.#run !== undefined) this.#runs.push(run);
    else {
      this.#run = run;
      this.#entry = entry;
      this.#value = value;
      this.#look(run);
    }
  }

  /** Takes whole rows, which are at hand, as they are in their pages but in that memory. */
  cut(rows: number, memory: Memory): EntryRun[] {
    const cuts: EntryRun[] = [];
    let left = rows;
    while (left > 0 || this.repetition > 0) {
      const run = this.#run;
      if (run === undefined) throw new Error('it ends in the middle of a row');
      const from = this.#entry;
      let end = from;
      if (run.repetitions === undefined) {
        end = Math.min(run.count, from + left);
        left -= end - from;
      } else {
        for (; end < run.count; end++) {
          if (run.repetitions[end] === 0 && left-- === 0) break;
        }
        left = Math.max(0, left);
      }
      cuts.push(this.#cutRun(run, from, end, memory));
      this.#entry = end;
      this.#look(run);
    }
    return cuts;
  }

  #cutRun(run: EntryRun, from: number, end: number, memory: Memory): EntryRun {
    const levels = (all: Uint8Array | undefined) => all && memory.keep<Uint8Array>(all.subarray(from, end));
    const definitions = levels(run.definitions);
    let there = end - from;
    if (definitions !== undefined) for (const level of definitions) if (level !== this.maxDefinition) there--;
    const first = this.#value;
    this.#value += there;
    const values = run.values.copy(first, this.#value, memory);
    return { count: end - from, definitions, repetitions: levels(run.repetitions), values, bytes: 0, place: undefined };
  }

  /** Lets go of all. */
  drop(): void {
    this.#runs.length = 0;
    this.#run = undefined;
    this.#step();
  }

  /** What is at hand, the current entry's first, of which so many entries and values were taken. */
  get held(): { readonly runs: readonly EntryRun[]; readonly entry: number; readonly value: number } {
    const runs = this.#run === undefined ? [] : [this.#run, ...this.#runs];
    return { runs, entry: this.#entry, value: this.#value };
  }

  #look(run: EntryRun): void {
    if (this.#entry >= run.count) this.#step();
    else {
      this.definition = run.definitions?.[this.#entry] ?? this.maxDefinition;
      this.repetition = run.repetitions?.[this.#entry] ?? 0;
    }
  }

  #step(): void {
    this.#entry = 0;
    this.#value = 0;
    this.#run = this.#runs.shift();
    if (this.#run !== undefined) this.#look(this.#run);
    else {
      this.definition = -1;
      this.repetition = 0;
    }
  }
}
