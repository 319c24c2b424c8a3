import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { Loglikelihood } from '../../../lib/evaluator-api/loglikelihood.ts';
import { loads } from '../../../lib/python/json.ts';
import { isDict, type PyDict, PyTuple, type PyValue } from '../../../lib/python/value.ts';

/** How one line compares; a correction is a difference that docs/migration.md lists. */
export interface Verdict {
  readonly outcome: 'equal' | 'different' | 'correction' | 'not run';
  readonly what: string;
  readonly why: string;
}

export const EQUAL = (what: string): Verdict => ({ outcome: 'equal', what, why: '' });

/** The lines of a file, one JSON object each, read as Python reads them. */
export async function* linesOf(path: string): AsyncGenerator<PyDict> {
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const value = loads(line, { maxDepth: 900 });
    if (!isDict(value)) throw new Error(`${path}: a line is no object`);
    yield value;
  }
}

/** A field that must be an object. */
export function dictIn(line: PyDict, name: string): PyDict {
  const value = line.get(name);
  if (isDict(value)) return value;
  throw new Error(`a line has no object "${name}"`);
}

/** A field that must be a list. */
export function listIn(line: PyDict, name: string): PyValue[] {
  const value = line.get(name);
  if (Array.isArray(value)) return value;
  throw new Error(`a line has no list "${name}"`);
}

/** A field as text; empty where it is missing. */
export function textIn(line: PyDict, name: string): string {
  const value = line.get(name);
  return typeof value === 'string' ? value : '';
}

/** A number as the files write it: also `"nan"`, `"inf"` and `"-inf"`. */
export function numberOf(value: PyValue | undefined): number {
  if (value === 'nan') return Number.NaN;
  if (value === 'inf') return Number.POSITIVE_INFINITY;
  if (value === '-inf') return Number.NEGATIVE_INFINITY;
  return Number(value);
}

/** `[loglikelihood, greedy]` per choice. */
export function likelihoodsOf(results: readonly PyValue[]): Loglikelihood[] {
  return results.map((pair) => {
    const [sum, greedy] = Array.isArray(pair) ? pair : [];
    return { sum: numberOf(sum), greedy: greedy === true };
  });
}

/** Whether two values are the same, but for the last digits of floats and for what JSON can't tell apart. */
export function same(actual: PyValue, expected: PyValue): boolean {
  if (typeof actual === 'number' || typeof expected === 'number') {
    const [a, b] = [numberOf(actual), numberOf(expected)];
    return (
      Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(b))
    );
  }
  if (actual instanceof PyTuple) return same([...actual.items], expected);
  if (Array.isArray(actual)) {
    return (
      Array.isArray(expected) &&
      actual.length === expected.length &&
      actual.every((item, i) => same(item, expected[i] ?? null))
    );
  }
  if (isDict(actual)) {
    return (
      isDict(expected) &&
      actual.size === expected.size &&
      [...actual].every(([key, item]) => expected.has(key) && same(item, expected.get(key) ?? null))
    );
  }
  return actual === expected;
}
