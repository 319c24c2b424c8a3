/** Reading and writing `.local/env`: one `NAME=value` a line. */

/** Writes variables so that shells (`set -a; . .local/env`), dotenv libraries and `parseDotenv` read them alike. */
export function formatDotenv(env: Record<string, string>): string {
  const lines = Object.entries(env).map(([name, value]) => {
    if (/['\n]/.test(value)) throw new Error(`${name} holds a quote or a line break, which this file can't`);
    return /^[\w./:@-]*$/.test(value) ? `${name}=${value}` : `${name}='${value}'`;
  });
  return `${lines.join('\n')}\n`;
}

/** Reads what `formatDotenv` wrote; empty lines and lines that begin with `#` are left out. */
export function parseDotenv(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    env[match[1]] = match[2].replace(/^'(.*)'$/, '$1');
  }
  return env;
}
