import * as z from 'zod';
import { BOOL_TEXTS, pydanticBool as boolOf, pydanticInt as intOf } from '../python/pydantic.ts';
import { compareCodePoints } from '../python/sort.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';

/**
 * Schemas that coerce as pydantic's lax mode does (the Python service's models), over values as Python's `json` reads them.
 * Next to each stands what JSON Schema can say of it, for docs/messages.md and docs/schemas.
 */

const INT64 = 2n ** 63n;
const HALF_A_PAIR = 'holds half a surrogate pair';
/** In the head of an HTTP request, what follows a line break would be a header of its own. */
const ONE_LINE = /^[^\r\n\0]*$/;
const NO_INT64 = 'must be a whole number of at most 64 bits';
const TOO_LARGE = 'is too large';
/** Of a list's wrong items so many are named one by one. */
const MAX_NAMED = 10;

/** Text that counts as an int, for JSON Schema; its fraction must be zero. */
const INT_TEXT = intText('[+-]?(0[0_]*)?([1-9][0-9]*(_[0-9]+)*|0)');
const NOT_NEGATIVE_TEXT = intText('\\+?(0[0_]*)?([1-9][0-9]*(_[0-9]+)*|0)|-(0[0_]*)?0');
/** Text that counts as zero, for JSON Schema. */
export const ZERO_TEXT = intText('[+-]?(0[0_]*)?0');
const AS_INT = { type: 'boolean', description: 'counts as 1 or 0' } as const;

/** An int: ints, floats without a fraction, numeric text, booleans. Within 64 bits, since MongoDB must hold it. */
export const laxInt = z
  .unknown()
  .transform((value, context): bigint => {
    const int = int64Of(value);
    if (int !== null) return int;
    context.addIssue({ code: 'custom', message: NO_INT64 });
    return z.NEVER;
  })
  .meta({
    id: 'Int64',
    title: 'whole number of 64 bits',
    anyOf: [{ type: 'integer', minimum: Number(-INT64), exclusiveMaximum: Number(INT64) }, INT_TEXT, AS_INT],
  });

/** An int that a JavaScript number holds exactly. */
export const laxNumber = laxInt
  .transform((value, context): number => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    context.addIssue({ code: 'custom', message: TOO_LARGE });
    return z.NEVER;
  })
  .meta({
    id: 'WholeNumber',
    title: 'whole number',
    anyOf: [{ type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }, INT_TEXT, AS_INT],
  });

/**
 * A list of ints that JavaScript numbers hold exactly. Its first wrong items are named, all others counted. Read in one go: a
 * message holds up to half a million, and a schema for each would take seconds.
 */
export function numberList(error: string) {
  return z
    .unknown()
    .transform((value, context): number[] => {
      if (!Array.isArray(value)) {
        context.addIssue({ code: 'custom', message: error });
        return z.NEVER;
      }
      let wrong = 0;
      const numbers: number[] = [];
      for (const [place, item] of value.entries()) {
        const number = numberOf(item);
        if (typeof number === 'number') numbers.push(number);
        else if (++wrong <= MAX_NAMED) context.addIssue({ code: 'custom', message: number, path: [place] });
      }
      if (wrong > MAX_NAMED) context.addIssue({ code: 'custom', message: `and ${wrong - MAX_NAMED} more are wrong` });
      return wrong === 0 ? numbers : z.NEVER;
    })
    .meta({ type: 'array', items: { $ref: '#/$defs/WholeNumber' } });
}

/** An int from 0 on. */
export const notNegative = laxNumber
  .refine((value) => value >= 0, 'must not be negative')
  .meta({
    id: 'NotNegative',
    title: 'whole number from 0',
    anyOf: [{ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, NOT_NEGATIVE_TEXT, AS_INT],
  });

/** A bool: booleans, 0 and 1, and the words that pydantic takes. */
export const laxBool = z
  .unknown()
  .transform((value, context): boolean => {
    const bool = boolOf(value);
    if (bool !== null) return bool;
    context.addIssue({ code: 'custom', message: 'must be true or false' });
    return z.NEVER;
  })
  .meta({
    id: 'Flag',
    title: 'true or false',
    anyOf: [
      { type: 'boolean' },
      { enum: [0, 1] },
      { type: 'string', pattern: `^(${[...BOOL_TEXTS.true, ...BOOL_TEXTS.false].map(inAnyCase).join('|')})$` },
    ],
  });

/** A flag that must be false. @param reason why true is refused */
export function alwaysFalse(reason: string) {
  return laxBool
    .refine((value) => !value, reason)
    .meta({
      id: 'False',
      title: 'false',
      anyOf: [
        { enum: [false] },
        { enum: [0] },
        { type: 'string', pattern: `^(${BOOL_TEXTS.false.map(inAnyCase).join('|')})$` },
      ],
    });
}

/** Text; nothing else is taken for text. A lone surrogate can't be stored or sent. */
export const text = z.string({ error: 'must be text' }).refine((value) => value.isWellFormed(), HALF_A_PAIR);

/** Text of one line, for what ends up in the head of an HTTP request or in its address. */
export const oneLine = text.regex(ONE_LINE, 'must not hold a line break or NUL');

/** A dict with its keys sorted by code point, also inside, as the Python service's transport delivers it. */
export const sortedDict = z
  .unknown()
  .transform((value, context): PyDict => {
    if (isDict(value)) return sortKeys(value);
    context.addIssue({ code: 'custom', message: 'must be an object' });
    return z.NEVER;
  })
  .refine(isWellFormed, HALF_A_PAIR)
  .meta({ type: 'object' });

/** A dict of texts, in the order sent. */
export const textDict = z
  .unknown()
  .transform((value, context): ReadonlyMap<string, string> => {
    const result = new Map<string, string>();
    for (const [key, item] of isDict(value) ? value : []) {
      if (typeof key === 'string' && typeof item === 'string') result.set(key, item);
    }
    if (isDict(value) && result.size === value.size) return result;
    context.addIssue({ code: 'custom', message: 'must be an object whose values are all text' });
    return z.NEVER;
  })
  .refine((texts) => [...texts].flat().every((one) => one.isWellFormed()), HALF_A_PAIR)
  .refine((texts) => [...texts].flat().every((one) => ONE_LINE.test(one)), 'must not hold a line break or NUL')
  .meta({ type: 'object', additionalProperties: { type: 'string' } });

/** An object with these fields, from a dict. `extra` says what happens to keys that it does not know. */
export function dictOf<Shape extends z.ZodRawShape>(shape: Shape, extra: 'refuse' | 'ignore') {
  const object = extra === 'refuse' ? z.strictObject(shape) : z.object(shape);
  return z.preprocess((value) => (isDict(value) ? withoutNulls(value, shape) : value), object);
}

/** A null stands for a known key that was not sent: Go writes its empty slices and maps that way. */
function withoutNulls(dict: PyDict, shape: z.ZodRawShape): Record<string, PyValue> {
  const entries = [...dict].map(([key, value]) => [String(key), value] as const);
  return Object.fromEntries(entries.filter(([key, value]) => value !== null || !Object.hasOwn(shape, key)));
}

function int64Of(value: unknown): bigint | null {
  const int = intOf(value);
  return int !== null && int >= -INT64 && int < INT64 ? int : null;
}

/** The number, or what is wrong with it. */
function numberOf(value: unknown): number | string {
  const int = int64Of(value);
  if (int === null) return NO_INT64;
  const number = Number(int);
  return Number.isSafeInteger(number) ? number : TOO_LARGE;
}

function sortKeys(dict: PyDict): PyDict {
  const entries = [...dict].sort(([a], [b]) => compareCodePoints(String(a), String(b)));
  return new Map(entries.map(([key, value]) => [key, sortInside(value)]));
}

function sortInside(value: PyValue): PyValue {
  if (isDict(value)) return sortKeys(value);
  return Array.isArray(value) ? value.map(sortInside) : value;
}

/** Whether no text in it, keys included, holds half a surrogate pair. */
function isWellFormed(value: PyValue): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (isDict(value)) return [...value].every(([key, item]) => isWellFormed(key) && isWellFormed(item));
  return !Array.isArray(value) || value.every(isWellFormed);
}

function intText(digits: string): { readonly type: 'string'; readonly pattern: string } {
  return { type: 'string', pattern: `^\\s*(${digits})(\\.0+)?\\s*$` };
}

/** A pattern of JSON Schema, which knows no flags, for a word in small or capital letters. */
function inAnyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
