import { BSON, type Document } from 'mongodb';

/** MongoDB takes no document that is larger, in bytes of BSON with all its fields. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 ** 2;
/** Nor one with lists and objects inside each other more often than this, itself counted. */
export const MAX_DEPTH = 180;

/** Why a document can't be held, in words for the sender. */
export const TOO_DEEP = `lists and objects are nested more than ${MAX_DEPTH} deep`;
export const KEY_WITH_NUL = 'a key holds the character NUL';

/**
 * Why MongoDB can never hold a document, whatever is tried; null where it can. The driver and the server find that out
 * by errors of many kinds, some of which look as if they might pass.
 */
export function whyUnstorable(document: Document): string | null {
  const nested = flawInside(document);
  if (nested !== null) return nested;
  try {
    const bytes = BSON.calculateObjectSize(document);
    return bytes > MAX_DOCUMENT_BYTES ? `it takes ${bytes} bytes, and a document ${MAX_DOCUMENT_BYTES} at most` : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Goes through it without calling itself, as it may be as deep as its sender likes. */
function flawInside(document: Document): string | null {
  const open: [value: unknown, depth: number][] = [[document, 1]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (!isContainer(value)) continue;
    if (depth > MAX_DEPTH) return TOO_DEEP;
    for (const [key, item] of entriesOf(value)) {
      if (key.includes('\0')) return KEY_WITH_NUL;
      if (typeof item === 'object' && item !== null) open.push([item, depth + 1]);
    }
  }
  return null;
}

/** Lists and objects; not the driver's own kinds of values, such as ids and numbers. */
function isContainer(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !('_bsontype' in value) &&
    !(value instanceof Date) &&
    !ArrayBuffer.isView(value)
  );
}

function entriesOf(value: object): Iterable<readonly [string, unknown]> {
  if (Array.isArray(value)) return value.map((item) => ['', item] as const);
  return value instanceof Map ? value : Object.entries(value);
}
