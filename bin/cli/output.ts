/** Prints the result: as one JSON value with `--json`, else as text for people. Everything else goes to standard error. */
export function print(json: boolean, value: object, text: () => string): void {
  write(json ? JSON.stringify(value, null, 2) : text());
}

/** Writes text to standard output, with one line break at its end. */
export function write(text: string): void {
  process.stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
}

/** Says something about the work, on standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Rows as text columns, each as wide as its widest cell; the last one as long as it is. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}

/** `name: value` lines, the values in one column; those without a value are left out. */
export function facts(pairs: readonly (readonly [string, string | number | null | undefined])[]): string {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${`${name}:`.padEnd(width + 2)}${value}`).join('\n');
}
