import { limitFault } from './fault.ts';

/** What a template may use up in one rendering. Templates are code from outside; these bound what they can take. */
export interface TemplateLimits {
  /** Length of the template's source, in UTF-16 units. */
  readonly maxTemplateChars: number;
  /** Length of the rendered text and of any string made on the way, in UTF-16 units. */
  readonly maxOutputChars: number;
  /** Length of any list, tuple or dict that the template makes. */
  readonly maxItems: number;
  /** Loop rounds, calls and filters; work on long strings and lists counts too, one step per 64 characters or 8 items. */
  readonly maxSteps: number;
  /** Nesting of expressions and blocks in the source, of macro calls, and of values walked through. */
  readonly maxDepth: number;
  /** Size of any int that the template computes. */
  readonly maxIntBits: number;
  /** Time of one regular expression's run, in milliseconds; far beyond what any honest pattern needs. */
  readonly maxRegexMs: number;
}

/** Far beyond what any task of the harness needs, and far below what a function has. */
export const DEFAULT_LIMITS: TemplateLimits = {
  maxTemplateChars: 1 << 18,
  maxOutputChars: 16 << 20,
  maxItems: 1_000_000,
  maxSteps: 2_000_000,
  maxDepth: 100,
  maxIntBits: 1 << 16,
  maxRegexMs: 2_000,
};

/** Time that work may take; one clock may run over several renderings. */
export interface Clock {
  /** To be called from within the work, every few milliseconds. @throws where time is up */
  look(): void;
  /** Milliseconds that are left, for work that can't look at the clock. */
  left(): number;
}

/** No limit. */
export const NO_CLOCK: Clock = { look: () => {}, left: () => Number.POSITIVE_INFINITY };

/** After so many steps the clock is looked at: a few milliseconds at worst, as single operations are bounded. */
const LOOK_EVERY = 64;

/** Counts what one rendering has used, and stops it at the limits and when its time is up. Every `charge` happens before the work it pays for. */
export class Budget {
  readonly limits: TemplateLimits;
  readonly clock: Clock;
  #steps = 0;
  #nextLook = LOOK_EVERY;
  #depth = 0;

  constructor(limits: TemplateLimits, clock: Clock) {
    this.limits = limits;
    this.clock = clock;
  }

  step(): void {
    if (++this.#steps >= this.#nextLook) this.#look();
  }

  /** Room for a string of so many UTF-16 units. */
  text(length: number): void {
    if (length > this.limits.maxOutputChars) {
      throw limitFault(`a text would exceed ${this.limits.maxOutputChars} characters`);
    }
    this.#spend(length / 64);
  }

  /** Room for a list, tuple or dict of so many items. */
  items(count: number): void {
    if (count > this.limits.maxItems) throw limitFault(`a sequence would exceed ${this.limits.maxItems} items`);
    this.#spend(count / 8);
  }

  /** An int of so many bits. */
  bits(count: number): void {
    if (count > this.limits.maxIntBits) throw limitFault(`an int would exceed ${this.limits.maxIntBits} bits`);
    // Multiplying and printing are about quadratic in the size.
    this.#spend((count / 512) ** 2);
  }

  /** Work that makes nothing large, in characters examined. */
  work(characters: number): void {
    this.#spend(characters / 64);
  }

  /** Work on each character by itself, which takes far longer than looking for something among them. */
  perCharacter(characters: number): void {
    this.#spend(characters / 2);
  }

  /** Changing the case of each character by its surroundings, which takes longest of all. */
  casing(characters: number): void {
    this.#spend(characters * 4);
  }

  /** Runs work one level deeper: macro calls, recursive loops, walks through nested values. */
  nested<T>(work: () => T): T {
    this.enter();
    try {
      return work();
    } finally {
      this.leave();
    }
  }

  enter(): void {
    if (++this.#depth > this.limits.maxDepth) {
      this.#depth--;
      throw limitFault(`nested deeper than ${this.limits.maxDepth} levels`);
    }
  }

  leave(): void {
    this.#depth--;
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps >= this.#nextLook) this.#look();
  }

  #look(): void {
    const { maxSteps } = this.limits;
    if (this.#steps > maxSteps) throw limitFault(`rendering takes more than ${maxSteps} steps`);
    this.clock.look();
    this.#nextLook = Math.min(this.#steps + LOOK_EVERY, maxSteps);
  }
}
