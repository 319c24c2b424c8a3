import { type PyValue, typeName } from '../../python/value.ts';
import { typeFault } from '../fault.ts';

/** Arguments of one call. */
export interface CallArguments {
  readonly args: readonly PyValue[];
  readonly kwargs: ReadonlyMap<string, PyValue>;
}

const NO_KEYWORDS: ReadonlyMap<string, PyValue> = new Map();

/** Arguments of a call without keywords. */
export function positional(...args: PyValue[]): CallArguments {
  return { args, kwargs: NO_KEYWORDS };
}

/**
 * Spreads the arguments over named parameters as Python does; `undefined` where none was given.
 * @param signature names in order; `*` before a name that has no default, `/` after those that have no keyword,
 *   e.g. `*old *new count /`
 * @throws Fault `type` for missing, unknown, repeated or too many arguments.
 */
export function bind(name: string, call: CallArguments, signature: string): (PyValue | undefined)[] {
  const { names, required, positionalOnly } = parseSignature(signature);
  if (call.args.length > names.length) {
    throw typeFault(`${name}() takes at most ${names.length} arguments (${call.args.length} given)`);
  }
  const values: (PyValue | undefined)[] = names.map((_, index) => call.args[index]);
  for (const [key, value] of call.kwargs) {
    const index = names.indexOf(key);
    if (index < positionalOnly) throw typeFault(`${name}() got an unexpected keyword argument '${key}'`);
    if (values[index] !== undefined) throw typeFault(`${name}() got multiple values for argument '${key}'`);
    values[index] = value;
  }
  const missing = values.findIndex((value, index) => value === undefined && index < required);
  if (missing !== -1) throw typeFault(`${name}() misses its argument '${names[missing]}'`);
  return values;
}

interface ParsedSignature {
  readonly names: readonly string[];
  readonly required: number;
  readonly positionalOnly: number;
}

const parsed = new Map<string, ParsedSignature>();

function parseSignature(signature: string): ParsedSignature {
  const known = parsed.get(signature);
  if (known) return known;
  const parts = signature.split(' ').filter((part) => part !== '');
  const slash = parts.indexOf('/');
  const params = parts.filter((part) => part !== '/');
  const result = {
    names: params.map((part) => part.replace('*', '')),
    required: params.filter((part) => part.startsWith('*')).length,
    positionalOnly: Math.max(slash, 0),
  };
  parsed.set(signature, result);
  return result;
}

/** The value as an index, where Python takes only ints and bools. */
export function asIndex(value: PyValue, what: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  throw typeFault(`${what} must be an int, not ${typeName(value)}`);
}

/** The value as a string, where Python takes only those. */
export function asString(value: PyValue, what: string): string {
  if (typeof value === 'string') return value;
  throw typeFault(`${what} must be a str, not ${typeName(value)}`);
}

/** An int as a JavaScript number, kept within bounds that no length reaches. */
export function clamp(value: bigint): number {
  const bound = 1n << 48n;
  return Number(value > bound ? bound : value < -bound ? -bound : value);
}
