/** The longest reason of a failure, wherever it is written: an error's message, a record, a message's attribute, a log field. */
export const MAX_REASON_BYTES = 4096;

/** What stands where a text was cut; the number is of bytes in UTF-8. */
const mark = (left: number) => ` … (${left} more bytes)`;
const MARK_BYTES = 40;
/** What a UTF-16 unit takes at most in UTF-8. */
const MAX_BYTES_OF_UNIT = 3;
/** A token that would be cut in its middle is dropped where it could be an address: half of one may be half of a password. */
const ADDRESS = '://';
/** How far back the beginning of such a token is looked for. */
const MAX_ADDRESS_CHARS = 2048;

/**
 * The text where it takes at most so many bytes in UTF-8, else its beginning and how much more there was.
 * @param total its bytes, where the text is itself the beginning of a longer one
 */
export function cutTo(text: string, bytes: number, total: number = Buffer.byteLength(text)): string {
  if (total <= bytes) return text;
  const room = new Uint8Array(Math.max(0, bytes - MARK_BYTES));
  const { read, written } = new TextEncoder().encodeInto(text, room);
  const kept = withoutHalfAddress(text, read);
  return `${kept}${mark(total - (kept.length === read ? written : Buffer.byteLength(kept)))}`;
}

/** The beginning of a text, in so many bytes of UTF-8 at most and without half a character. */
export function firstBytes(text: string, bytes: number): string {
  const room = new Uint8Array(Math.max(0, Math.min(bytes, MAX_BYTES_OF_UNIT * text.length)));
  return text.slice(0, new TextEncoder().encodeInto(text, room).read);
}

/** The first of several things in one line, and how many more there are. Each is cut to `bytes`. */
export function listed(items: readonly string[], most: number, separator = ', ', bytes = 200): string {
  const shown = items.slice(0, most).map((item) => cutTo(item, bytes));
  const left = items.length - shown.length;
  return left === 0 ? shown.join(separator) : `${shown.join(separator)}${separator}and ${left} more`;
}

function withoutHalfAddress(text: string, end: number): string {
  const kept = text.slice(0, end);
  const token = lastToken(kept.slice(-MAX_ADDRESS_CHARS));
  return token.includes(ADDRESS) ? kept.slice(0, kept.length - token.length) : kept;
}

/** What follows the last white space, found without looking at any character twice. */
function lastToken(text: string): string {
  let start = text.length;
  while (start > 0 && !/\s/.test(text[start - 1] ?? ' ')) start--;
  return text.slice(start);
}
