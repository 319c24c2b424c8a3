/** Comparisons of characters, far beyond what any honest list of patterns takes, and some tenths of a second. */
const MAX_STEPS = 30_000_000;

/** Comparisons that are left. */
export interface MatchBudget {
  left: number;
}

/** What the patterns of one message may take together. */
export function matchBudget(): MatchBudget {
  return { left: MAX_STEPS };
}

function spend(budget: MatchBudget, steps: number): void {
  budget.left -= steps;
  if (budget.left < 0) throw new RangeError(`matching patterns takes more than ${MAX_STEPS} steps`);
}

/** A step of a pattern: any run of characters, any one, this one, or one of a set. */
type PatternStep = '*' | '?' | number | CharacterSet;

/** Which code points a set `[...]` has. */
class CharacterSet {
  readonly #starts: readonly number[];
  readonly #ends: readonly number[];
  readonly #negated: boolean;

  constructor(ranges: readonly (readonly [low: number, high: number])[], negated: boolean) {
    const merged: [number, number][] = [];
    for (const [low, high] of ranges.filter(([from, to]) => from <= to).sort(([a], [b]) => a - b)) {
      const last = merged.at(-1);
      if (last !== undefined && low <= last[1]) last[1] = Math.max(last[1], high);
      else merged.push([low, high]);
    }
    this.#starts = merged.map(([low]) => low);
    this.#ends = merged.map(([, high]) => high);
    this.#negated = negated;
  }

  has(code: number): boolean {
    let from = 0;
    let to = this.#starts.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#starts[middle] ?? 0) <= code) from = middle + 1;
      else to = middle;
    }
    return (from > 0 && code <= (this.#ends[from - 1] ?? -1)) !== this.#negated;
  }
}

/**
 * `fnmatch.filter` on POSIX: the names that match the whole pattern, case-sensitive, in their order. `*`, `?`, `[abc]`,
 * `[a-c]` and `[!abc]` are special; a `[` that is never closed is itself.
 *
 * Patterns come from messages, so matching must not blow up: a name takes at most pattern length times name length steps,
 * of which all patterns of a message together have no more than their budget.
 * @throws RangeError where the budget is used up
 */
export function fnmatchFilter(names: Iterable<string>, pattern: string, budget: MatchBudget = matchBudget()): string[] {
  spend(budget, pattern.length);
  const steps = parse(codesOf(pattern));
  const result: string[] = [];
  for (const name of names) if (matches(name, steps, budget)) result.push(name);
  return result;
}

function codesOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

/** Greedy, with a single place to fall back to: the last `*`, which may take one more character each time. */
function matches(name: string, steps: readonly PatternStep[], budget: MatchBudget): boolean {
  spend(budget, 1);
  // Most names differ at the start already.
  const [first] = steps;
  if (typeof first === 'number' && first !== name.codePointAt(0)) return false;
  const codes = codesOf(name);
  let at = 0;
  let step = 0;
  let starAt = 0;
  let starStep = -1;
  while (at < codes.length) {
    spend(budget, 1);
    const current = steps[step];
    if (current === '*') {
      starStep = step++;
      starAt = at;
    } else if (current !== undefined && fits(current, codes[at] ?? 0)) {
      at++;
      step++;
    } else {
      if (starStep < 0) return false;
      step = starStep + 1;
      at = ++starAt;
    }
  }
  while (steps[step] === '*') step++;
  return step === steps.length;
}

function fits(step: Exclude<PatternStep, '*'>, code: number): boolean {
  if (typeof step === 'number') return step === code;
  return step === '?' || step.has(code);
}

const [STAR, QUESTION, OPEN, CLOSE, NOT, HYPHEN] = ['*', '?', '[', ']', '!', '-'].map((mark) => mark.charCodeAt(0));

function parse(pattern: readonly number[]): PatternStep[] {
  const steps: PatternStep[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const code = pattern[i] ?? 0;
    const end = code === OPEN ? setEnd(pattern, i) : -1;
    if (code === STAR) {
      if (steps.at(-1) !== '*') steps.push('*');
    } else if (code === QUESTION) steps.push('?');
    else if (end > 0) {
      steps.push(parseSet(pattern.slice(i + 1, end)));
      i = end;
    } else steps.push(code);
  }
  return steps;
}

/** Where the set that opens at `open` closes, or -1; a `]` that comes first, or first behind `!`, is a member. */
function setEnd(pattern: readonly number[], open: number): number {
  const first = pattern[open + 1] === NOT ? open + 2 : open + 1;
  return pattern.indexOf(CLOSE ?? 0, first + 1);
}

/** Characters and ranges `a-c`; a range whose ends are the wrong way round has no members. */
function parseSet(inner: readonly number[]): CharacterSet {
  const negated = inner[0] === NOT;
  const ranges: [number, number][] = [];
  for (let i = negated ? 1 : 0; i < inner.length; i++) {
    const low = inner[i] ?? 0;
    const isRange = inner[i + 1] === HYPHEN && i + 2 < inner.length;
    ranges.push([low, isRange ? (inner[i + 2] ?? 0) : low]);
    if (isRange) i += 2;
  }
  return new CharacterSet(ranges, negated);
}
