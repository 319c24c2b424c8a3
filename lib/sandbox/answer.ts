import { loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { unpack } from './protocol.ts';
import { untagged } from './tagged.ts';

/** What a function gave, or the exception that it raised. */
export type FunctionResult = { readonly value: PyValue } | { readonly error: string; readonly message: string };

/** An answer of a box that can't be read, or that would take too much memory to read: functions can rewrite the runtime. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/** How deep values may be nested; deeper ones are refused in the box. */
const MAX_DEPTH = 220;
/** What an answer may take once it is read, in bytes. */
const MAX_MEMORY = 800_000_000;
/** Shorter ones can't take as much. Characters. */
const NEVER_TOO_MUCH = 1_000_000;
/** Bytes that each takes once it is read and untagged. */
const DICT_BYTES = 450;
const LIST_BYTES = 130;
const ITEM_BYTES = 75;

/** Characters of an exception's class, of its message, and of a line of its trace: as many as the runtime gives. */
const MAX_NAME = 100;
const MAX_MESSAGE = 300;
const MAX_LINE = 200;

/** Control characters but tabs and the ends of lines, and what turns the direction of text. */
const STEERING = /[^\P{Cc}\t\n\r]|[\u202a-\u202e\u2066-\u2069]/gu;

/** Reads an answer as it travels: a few bytes can stand for a lot of memory. @throws UnreadableAnswer */
export function readAnswer(packed: string): PyDict {
  let answer: PyValue;
  try {
    const text = unpack(packed);
    if (memoryOf(text) > MAX_MEMORY) throw new Error('it takes too much memory to read');
    answer = loads(text, { maxDepth: MAX_DEPTH });
  } catch (error) {
    throw new UnreadableAnswer(error instanceof Error ? error.message : String(error));
  }
  if (isDict(answer)) return answer;
  throw new UnreadableAnswer('it is no dict');
}

/** What one entry of results says. */
export function resultOf(given: PyValue): FunctionResult {
  const result: PyDict = isDict(given) ? given : new Map();
  if (!result.has('v')) return { error: nameOf(result.get('err') ?? 'Exception'), message: messageOf(result.get('m')) };
  try {
    return { value: untagged(result.get('v') ?? null) };
  } catch (error) {
    return { error: 'ValueError', message: messageOf(`the value can't be read: ${String(error)}`) };
  }
}

/** The beginning of an exception's class's name. */
export function nameOf(given: PyValue | undefined): string {
  return shown(String(given ?? '').slice(0, MAX_NAME));
}

/** The beginning of an exception's message, or of another text of the runtime's for messages. */
export function messageOf(given: PyValue | undefined): string {
  return shown(String(given ?? '').slice(0, MAX_MESSAGE));
}

/** The beginning of a line of a trace. */
export function lineOf(given: PyValue): string {
  return shown(String(given).slice(0, MAX_LINE));
}

/** A text that a terminal takes for nothing but a text: what would steer one is left out. */
function shown(text: string): string {
  return text.replace(STEERING, '\ufffd');
}

/** At most so many bytes: signs in texts are counted as well. */
function memoryOf(text: string): number {
  if (text.length < NEVER_TOO_MUCH) return 0;
  let bytes = 2 * text.length;
  for (let i = 0; i < text.length; i++) {
    const sign = text.charCodeAt(i);
    if (sign === 0x2c) bytes += ITEM_BYTES;
    else if (sign === 0x5b) bytes += LIST_BYTES;
    else if (sign === 0x7b) bytes += DICT_BYTES;
  }
  return bytes;
}
