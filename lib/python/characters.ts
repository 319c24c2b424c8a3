import { knownToPython, newerClass, WHITESPACE } from './unicode.ts';

/** Digits that are no decimals (superscripts, circled, ...): characters of Unicode's Numeric_Type "Digit". */
const OTHER_DIGITS =
  '\\xb2\\xb3\\xb9\\u1369-\\u1371\\u19da\\u2070\\u2074-\\u2079\\u2080-\\u2089\\u2460-\\u2468\\u2474-\\u247c\\u2488-\\u2490' +
  '\\u24ea\\u24f5-\\u24fd\\u24ff\\u2776-\\u277e\\u2780-\\u2788\\u278a-\\u2792\\u{10a40}-\\u{10a43}\\u{10e60}-\\u{10e68}' +
  '\\u{11052}-\\u{1105a}\\u{1f100}-\\u{1f10a}';

/** Ideographs with a numeric value; JavaScript has no property for them. */
const NUMERIC_IDEOGRAPHS =
  '\\u3405\\u3483\\u382a\\u3b4d\\u4e00\\u4e03\\u4e07\\u4e09\\u4e5d\\u4e8c\\u4e94\\u4e96\\u4ebf\\u4ec0\\u4edf' +
  '\\u4ee8\\u4f0d\\u4f70\\u5104\\u5146\\u5169\\u516b\\u516d\\u5341\\u5343\\u5344\\u5345\\u534c\\u53c1\\u53c2' +
  '\\u53c3\\u53c4\\u56db\\u58f1\\u58f9\\u5e7a\\u5efe\\u5eff\\u5f0c\\u5f0d\\u5f0e\\u5f10\\u62fe\\u634c\\u67d2' +
  '\\u6f06\\u7396\\u767e\\u8086\\u842c\\u8cae\\u8cb3\\u8d30\\u9621\\u9646\\u964c\\u9678\\u96f6\\uf96b\\uf973' +
  '\\uf978\\uf9b2\\uf9d1\\uf9d3\\uf9fd\\u{20001}\\u{20064}\\u{200e2}\\u{20121}\\u{2092a}\\u{20983}\\u{2098c}' +
  '\\u{2099c}\\u{20aea}\\u{20afd}\\u{20b19}\\u{22390}\\u{22998}\\u{23b1b}\\u{2626d}\\u{2f890}';

const digit = knownToPython(`\\p{Nd}${OTHER_DIGITS}`);
const numeric = knownToPython(`\\p{N}${NUMERIC_IDEOGRAPHS}`);
const alpha = knownToPython('\\p{L}');
const alnum = knownToPython('\\p{L}\\p{N}');
// Modifier letters that became Lowercase after Unicode 14, and one that ceased to be.
const lower = knownToPython('[[\\p{Lowercase}\\u0295]--[\\u10fc\\ua7f2-\\ua7f4\\uab69]]');
const upper = knownToPython('\\p{Uppercase}');
/** Source (flag `v`) of the class of what Python 3.11 prints as an escape: of the separators only U+0020 is printable. */
export const UNPRINTABLE = `[[\\p{C}\\p{Z}${newerClass}]--\\x20]`;

const all = (characterClass: string): RegExp => new RegExp(`^${characterClass}+$`, 'v');

const digits = all(digit);
const decimals = all(knownToPython('\\p{Nd}'));
const numerics = all(numeric);
const spaces = all(`[${WHITESPACE}]`);
const alphas = all(alpha);
const alnums = all(alnum);
const lowers = new RegExp(lower, 'v');
const uppers = new RegExp(upper, 'v');
const titles = /\p{Lt}/v;
const hidden = new RegExp(UNPRINTABLE, 'v');

/** `str.isdigit`: at least one character, all digits; superscripts and other scripts' digits count, fractions do not. */
export function isdigit(text: string): boolean {
  return digits.test(text);
}

/** `str.isdecimal`: at least one character, all of them decimal digits of some script. */
export function isdecimal(text: string): boolean {
  return decimals.test(text);
}

/** `str.isnumeric`: at least one character, all with a numeric value; fractions and numeral ideographs count. */
export function isnumeric(text: string): boolean {
  return numerics.test(text);
}

/** `str.isspace`: at least one character, all of Python's 29 white ones. */
export function isspace(text: string): boolean {
  return spaces.test(text);
}

/** `str.isalpha`: at least one character, all letters. */
export function isalpha(text: string): boolean {
  return alphas.test(text);
}

/** `str.isalnum`: at least one character, all letters or numeric. */
export function isalnum(text: string): boolean {
  return alnums.test(text);
}

/** `str.isascii`: no character above U+007F; true for the empty text. */
export function isascii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** `str.isupper`: at least one upper-case letter and none in lower or title case. */
export function isupper(text: string): boolean {
  return uppers.test(text) && !lowers.test(text) && !titles.test(text);
}

/** `str.islower`: at least one lower-case letter and none in upper or title case. */
export function islower(text: string): boolean {
  return lowers.test(text) && !uppers.test(text) && !titles.test(text);
}

/** `str.istitle`: at least one cased letter, upper or title case exactly where a word begins. */
export function istitle(text: string): boolean {
  let inWord = false;
  let seen = false;
  for (const character of text) {
    if (uppers.test(character) || titles.test(character)) {
      if (inWord) return false;
      inWord = true;
      seen = true;
    } else if (lowers.test(character)) {
      if (!inWord) return false;
    } else inWord = false;
  }
  return seen;
}

/** `str.isprintable`, by Python 3.11's Unicode 14: true for the empty text; of the separators only U+0020 is printable. */
export function isprintable(text: string): boolean {
  return !hidden.test(text);
}

/** Whether a single character is a letter with case, as `str.title` looks for word starts. */
export function isCased(character: string): boolean {
  return lowers.test(character) || uppers.test(character) || titles.test(character);
}
