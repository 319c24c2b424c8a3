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
  maxTemplateChars: 1 << 20,
  maxOutputChars: 16 << 20,
  maxItems: 1_000_000,
  maxSteps: 2_000_000,
  maxDepth: 100,
  maxIntBits: 1 << 16,
  maxRegexMs: 2_000,
};

/** Counts what one rendering has used, and stops it at the limits. Every `charge` happens before the work it pays for. */
export class Budget {
  readonly limits: TemplateLimits;
  #steps = 0;
  #depth = 0;

  constructor(limits: TemplateLimits) {
    this.limits = limits;
  }

  step(): void {
    if (++this.#steps > this.limits.maxSteps) throw this.#exhausted();
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
    if (this.#steps > this.limits.maxSteps) throw this.#exhausted();
  }

  #exhausted(): Error {
    return limitFault(`rendering takes more than ${this.limits.maxSteps} steps`);
  }
}
