import { withoutSecrets } from './secrets.ts';

const MASK = '***';
const ADDRESS = '://';
/** What ends an address within a text. */
const TOKEN = /[^\s"\\]+/g;
/** A port is no password. */
const PORT = /^\d{1,5}(?:[/?#,]|$)/;

/**
 * Masks the password of every URI in a text, also where its characters are not escaped as they should be, and every secret
 * that is known by itself (`keepSecret`). Takes time in proportion to the text.
 */
export function redact(text: string): string {
  const known = withoutSecrets(text);
  return known.includes(ADDRESS) ? known.replace(TOKEN, withoutPassword) : known;
}

/** Masks from the colon behind a user's name to the last `@`, as a password may hold any character. */
function withoutPassword(token: string): string {
  const end = token.lastIndexOf('@');
  for (let at = token.indexOf(ADDRESS); at >= 0 && at < end; at = token.indexOf(ADDRESS, at + ADDRESS.length)) {
    const colon = token.indexOf(':', at + ADDRESS.length);
    if (colon < 0 || colon > end) return token;
    if (PORT.test(token.slice(colon + 1, colon + 7)) || isOfQuery(token, at + ADDRESS.length, colon)) continue;
    return `${token.slice(0, colon + 1)}${MASK}${token.slice(end)}`;
  }
  return token;
}

/** Whether the colon stands behind a host that has no port, as in `http://host/path?time=10:00`. */
function isOfQuery(token: string, start: number, colon: number): boolean {
  const slash = token.indexOf('/', start);
  return slash >= 0 && slash < colon;
}
