/** Names that are looked at are no longer than this; none of the catalogue's is. */
const MAX_CHARS = 100;

/**
 * The known names that are most like one that is not known, the nearest first: those of at most a third of the letters wrong,
 * those that begin with the name, and where there are none of these, those that hold it as words of their own.
 */
export function similarNames(name: string, known: Iterable<string>, most = 3): string[] {
  const sought = name.slice(0, MAX_CHARS).toLowerCase();
  const allowed = Math.max(1, Math.floor(sought.length / 3));
  const found: { name: string; far: number }[] = [];
  for (const one of known) {
    const other = one.toLowerCase();
    const far = distance(sought, other, allowed);
    if (far <= allowed) found.push({ name: one, far });
    else if (sought.length > 3 && other.startsWith(sought)) found.push({ name: one, far: allowed + 1 });
    else if (sought.length > 3 && `_${other}_`.includes(`_${sought}_`)) found.push({ name: one, far: allowed + 3 });
  }
  const nearest = Math.min(...found.map(({ far }) => far));
  return found
    .filter(({ far }) => far <= nearest + 1)
    .sort((a, b) => a.far - b.far || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map((one) => one.name);
}

/** Letters to insert, remove, replace or swap with their neighbour; a larger number than `limit` where there are more. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    if (Math.min(...row) > limit) return limit + 1;
    before = last;
    last = row;
  }
  return last[b.length] ?? limit + 1;
}
