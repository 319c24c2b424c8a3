import { cutTo } from '../errors/bounds.ts';

/** The longest message that SQS takes, with the names, types and values of its attributes. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** What a dead letter's attributes take at most: who it is, the error's code, and a reason of {@link MAX_TOLD_BYTES}. */
const ATTRIBUTES_BYTES = 1536;
/** The part of a reason that goes with a dead letter; its record has all of it. */
export const MAX_TOLD_BYTES = 1000;

/** Texts of JSON, which stay as they are, and white space between its signs. */
const TEXT_OR_SPACE = /("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g;

/**
 * The body of a dead letter, with room for its attributes next to it. One of nearly a mebibyte loses white space that means
 * nothing; one that can never be a message (`hopeless`) loses its end, and says so. Else it stays whole, as a redrive needs all of it:
 * then its attributes are cut, and its record has the reason.
 */
export function deadLetterBody(body: string, hopeless: boolean): string {
  const room = MAX_MESSAGE_BYTES - ATTRIBUTES_BYTES;
  if (Buffer.byteLength(body) <= room) return body;
  const compact = isJson(body) ? body.replace(TEXT_OR_SPACE, (_, text: string | undefined) => text ?? '') : body;
  if (Buffer.byteLength(compact) <= room) return compact;
  return hopeless ? cutTo(body, room) : body;
}

/** Also what the pattern relies on: a text that does not end would be looked through again for each of its quotes. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
