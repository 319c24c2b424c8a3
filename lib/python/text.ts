/** Python's `str` methods. All positions and lengths are code points; all functions are pure. Those that fill up stand here. */
import { pyLen } from './sequence.ts';

export * from './casing.ts';
export * from './characters.ts';
export * from './search.ts';
export * from './split.ts';
export * from './strip.ts';

/** How many characters are missing to the width, in code points. */
function missing(text: string, width: number): number {
  return Math.max(0, width - pyLen(text));
}

/** `str.ljust`: fills up at the right. */
export function ljust(text: string, width: number, fill = ' '): string {
  return text + fill.repeat(missing(text, width));
}

/** `str.rjust`: fills up at the left. */
export function rjust(text: string, width: number, fill = ' '): string {
  return fill.repeat(missing(text, width)) + text;
}

/** `str.center`: fills up on both sides; the odd character goes left where the width is odd, else right. */
export function center(text: string, width: number, fill = ' '): string {
  const gap = missing(text, width);
  const left = Math.floor(gap / 2) + (gap & width & 1);
  return fill.repeat(left) + text + fill.repeat(gap - left);
}

/** `str.zfill`: fills up with zeros behind the sign. */
export function zfill(text: string, width: number): string {
  const zeros = '0'.repeat(missing(text, width));
  return /^[+-]/.test(text) ? text.charAt(0) + zeros + text.slice(1) : zeros + text;
}
