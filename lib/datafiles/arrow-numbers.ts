/** A text, or a number with an exponent: what stands in texts is no number. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?(\d+)(?:\.(\d+))?[eE]\+?(\d{3,})/gs;
/** Exponents of fewer digits never are too big. */
const LONG_EXPONENT = /[eE]\+?\d{3}/;
const MAX_EXPONENT = 308;
const MAX_DIGITS = 17;

/**
 * The first number of a JSON text that Arrow refuses to read, which is how `datasets` reads JSON lines: one whose exponent is
 * beyond 308 and as many more as digits behind the point count, whatever its value (RapidJSON, `ParseNumber`). Others beyond all
 * floats are infinite, as they are to Python.
 */
export function tooBigForArrow(text: string): string | undefined {
  if (!LONG_EXPONENT.test(text)) return undefined;
  for (const [token, whole, fraction = '', exponent] of text.matchAll(TOKEN)) {
    if (whole === undefined) continue;
    if (Number(exponent) > MAX_EXPONENT + countedDigits(whole, fraction)) return token;
  }
  return undefined;
}

/** How many digits behind the point Arrow's parser takes into account: those that make a number of 53 bits, and 17 significant ones. */
function countedDigits(whole: string, fraction: string): number {
  let significant = whole.length - 1;
  let value = Number(whole);
  let counted = 0;
  for (const digit of fraction) {
    if (value <= Number.MAX_SAFE_INTEGER) value = value * 10 + Number(digit);
    else if (significant >= MAX_DIGITS) break;
    if (value !== 0) significant++;
    counted++;
  }
  return counted;
}
