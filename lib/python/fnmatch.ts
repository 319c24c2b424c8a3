/** One step of a pattern: any run of characters, or a test for one. */
type Step = '*' | ((character: string) => boolean);

/**
 * `fnmatch.filter` on POSIX: the names that match the whole pattern, case-sensitive, in their order. `*`, `?`, `[abc]`,
 * `[a-c]` and `[!abc]` are special; a `[` that is never closed is itself.
 *
 * Patterns come from messages, so matching must not blow up: it takes at most pattern length times name length steps.
 */
export function fnmatchFilter(names: Iterable<string>, pattern: string): string[] {
  const steps = parse([...pattern]);
  const result: string[] = [];
  for (const name of names) if (matches([...name], steps)) result.push(name);
  return result;
}

/** Greedy, with a single place to fall back to: the last `*`, which may take one more character each time. */
function matches(name: readonly string[], steps: readonly Step[]): boolean {
  let at = 0;
  let step = 0;
  let starAt = 0;
  let starStep = -1;
  while (at < name.length) {
    const current = steps[step];
    if (current === '*') {
      starStep = step++;
      starAt = at;
    } else if (current?.(name[at] ?? '')) {
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

function parse(pattern: readonly string[]): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] ?? '';
    const end = character === '[' ? setEnd(pattern, i) : -1;
    if (character === '*') {
      if (steps.at(-1) !== '*') steps.push('*');
    } else if (character === '?') steps.push(() => true);
    else if (end > 0) {
      steps.push(parseSet(pattern.slice(i + 1, end)));
      i = end;
    } else steps.push((other) => other === character);
  }
  return steps;
}

/** Where the set that opens at `open` closes, or -1; a `]` that comes first, or first behind `!`, is a member. */
function setEnd(pattern: readonly string[], open: number): number {
  const first = pattern[open + 1] === '!' ? open + 2 : open + 1;
  return pattern.indexOf(']', first + 1);
}

/** Characters and ranges `a-c`; a range whose ends are the wrong way round has no members. */
function parseSet(inner: readonly string[]): (character: string) => boolean {
  const negated = inner[0] === '!';
  const ranges: [number, number][] = [];
  for (let i = negated ? 1 : 0; i < inner.length; i++) {
    const low = inner[i]?.codePointAt(0) ?? 0;
    const isRange = inner[i + 1] === '-' && i + 2 < inner.length;
    ranges.push([low, isRange ? (inner[i + 2]?.codePointAt(0) ?? 0) : low]);
    if (isRange) i += 2;
  }
  return (character) => {
    const code = character.codePointAt(0) ?? 0;
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated;
  };
}
