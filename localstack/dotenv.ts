/**
 * The text of `.local/env`: one `NAME=value` a line, which shells (`set -a; . .local/env`), dotenv libraries and Node's
 * own `util.parseEnv` read alike. Throws an Error for values that can't be written so.
 */
export function formatDotenv(env: Record<string, string>): string {
  const lines = Object.entries(env).map(([name, value]) => {
    if (/['\n]/.test(value)) throw new Error(`${name} holds a quote or a line break, which this file can't`);
    return /^[\w./:@-]*$/.test(value) ? `${name}=${value}` : `${name}='${value}'`;
  });
  return `${lines.join('\n')}\n`;
}
