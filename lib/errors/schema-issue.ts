import type * as z from 'zod';
import { cutTo, listed } from './bounds.ts';

/** A reason has room for so many keys, and names of such a length. */
const MAX_KEYS = 20;
const MAX_NAME_BYTES = 100;
/** How zod begins what it says by itself; a schema's own words stay. */
const BY_ITSELF = /^(Invalid|Too|Unrecognized)\b/;
const KINDS: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** What a schema found wrong with a value that came from outside: where, and what, in the words of all errors. */
export function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  const where = cutTo(issue.path.join('.'), MAX_NAME_BYTES);
  const what = problemOf(issue, value);
  return where ? `${where}: ${what}` : what;
}

function problemOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => JSON.stringify(cutTo(key, MAX_NAME_BYTES)));
    return `unknown ${keys.length === 1 ? 'key' : 'keys'} ${listed(keys, MAX_KEYS)}`;
  }
  if (issue.code === 'invalid_type' && at(value, issue.path) == null) return 'is missing';
  if (!BY_ITSELF.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type') return `must be ${KINDS[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') {
    return `must be ${issue.values.map((option) => JSON.stringify(option)).join(' or ')}`;
  }
  if (issue.code === 'too_small') {
    if (issue.origin === 'string' || issue.origin === 'array') return 'must not be empty';
    return `must be ${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`;
  }
  return issue.message;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found: unknown = value;
  for (const key of path) {
    if (found instanceof Map) found = found.get(key);
    else if (typeof found === 'object' && found !== null) found = Reflect.get(found, key);
    else return undefined;
  }
  return found;
}
