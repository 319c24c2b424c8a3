/** How much is said besides the result: `--quiet` leaves only errors, `--verbose` adds what helps to find a fault. */
export type Verbosity = 'quiet' | 'usual' | 'verbose';
let verbosity: Verbosity = 'usual';

/** Sets how much this process says. */
export function setVerbosity(wanted: Verbosity): void {
  verbosity = wanted;
}

/** How much this process says. */
export function currentVerbosity(): Verbosity {
  return verbosity;
}

/** Prints the result: as one JSON value with `--json`, else as text for people. Everything else goes to standard error. */
export function print(json: boolean, value: object, text: () => string): void {
  write(json ? JSON.stringify(value, null, 2) : text());
}

/** Writes text to standard output, with one line break at its end. */
export function write(text: string): void {
  process.stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
}

/** Says something about the work, on standard error, unless `--quiet`. */
export function note(text: string): void {
  if (verbosity !== 'quiet') complain(text);
}

/** Says why something was not done, on standard error. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Rows as text columns, each as wide as its widest cell. On a terminal lines end at its edge; elsewhere nothing is cut. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const edge = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  const line = (row: readonly string[]) => {
    const text = row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
    return text.length > edge ? `${text.slice(0, Math.max(0, edge - 1))}…` : text;
  };
  return all.map(line).join('\n');
}

/** `name: value` lines, the values in one column; those without a value are left out. */
export function facts(pairs: readonly (readonly [string, string | number | null | undefined])[]): string {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${`${name}:`.padEnd(width + 2)}${value}`).join('\n');
}

/** `1 message`, `2 messages`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
