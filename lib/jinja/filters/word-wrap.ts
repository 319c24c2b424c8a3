/** Python's `textwrap.wrap` for one line, with tabs and white space left as they are (Lib/textwrap.py). */

import { pyLen, pySlice } from '../../python/sequence.ts';
import { rstrip } from '../../python/text.ts';
import { valueFault } from '../fault.ts';
import type { Budget } from '../limits.ts';

interface WrapOptions {
  readonly width: number;
  readonly breakLongWords: boolean;
  readonly breakOnHyphens: boolean;
}

/** textwrap breaks at ASCII's white space only. */
const SPACE = '[\\t\\n\\x0b\\x0c\\r ]';
const NO_SPACE = '[^\\t\\n\\x0b\\x0c\\r ]';
const WORD = `[\\p{L}\\p{N}_!"'&.,?]`;
const LETTER = '[\\p{L}_]';
const BETWEEN_WORDS = new RegExp(`(${SPACE}+)`, 'u');
const BETWEEN_PARTS = new RegExp(
  `(${SPACE}+` +
    `|(?<=${WORD})-{2,}(?=[\\p{L}\\p{N}_])` +
    `|${NO_SPACE}+?(?:-(?:(?<=${LETTER}{2}-)|(?<=${LETTER}-${LETTER}-))(?=${LETTER}-?${LETTER})` +
    `|(?=${SPACE}|$)|(?<=${WORD})(?=-{2,}[\\p{L}\\p{N}_])))`,
  'u',
);

/** @throws Fault `value` where the width is not positive */
export function wrapText(line: string, options: WrapOptions, budget: Budget): string[] {
  const { width } = options;
  if (width <= 0) throw valueFault(`invalid width ${width} (must be > 0)`);
  const pattern = options.breakOnHyphens ? BETWEEN_PARTS : BETWEEN_WORDS;
  const chunks = line.split(pattern).filter((chunk) => chunk !== '' && chunk !== undefined);
  // Cutting a long word looks at all of its rest for each line.
  for (const chunk of chunks) budget.work((chunk.length * chunk.length) / width);
  chunks.reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    if (lines.length > 0 && isBlank(chunks.at(-1))) chunks.pop();
    const current = takeLine(chunks, options);
    if (isBlank(current.at(-1))) current.pop();
    if (current.length > 0) lines.push(current.join(''));
  }
  return lines;
}

/** Takes chunks, the next one last, as long as they fit. */
function takeLine(chunks: string[], options: WrapOptions): string[] {
  const { width } = options;
  const current: string[] = [];
  let length = 0;
  for (let chunk = chunks.at(-1); chunk !== undefined && length + pyLen(chunk) <= width; chunk = chunks.at(-1)) {
    current.push(chunk);
    length += pyLen(chunk);
    chunks.pop();
  }
  const next = chunks.at(-1);
  if (next !== undefined && pyLen(next) > width) breakWord(chunks, current, width - length, options);
  return current;
}

/** A word longer than a line is cut, after a hyphen if one is in reach, or gets a line of its own. */
function breakWord(chunks: string[], current: string[], space: number, options: WrapOptions): void {
  const word = chunks.pop() ?? '';
  if (!options.breakLongWords) {
    if (current.length === 0) current.push(word);
    else chunks.push(word);
    return;
  }
  let end = space;
  if (options.breakOnHyphens && pyLen(word) > space) {
    const hyphen = [...word].slice(0, space).lastIndexOf('-');
    if (hyphen > 0 && [...word].slice(0, hyphen).some((character) => character !== '-')) end = hyphen + 1;
  }
  current.push(pySlice(word, 0, end));
  chunks.push(pySlice(word, end));
}

function isBlank(chunk: string | undefined): boolean {
  return chunk !== undefined && rstrip(chunk) === '';
}
