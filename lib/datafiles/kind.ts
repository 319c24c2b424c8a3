import { PermanentError } from '../errors/errors.ts';
import { isDict, type PyValue, typeName } from '../python/value.ts';

/** The type of a column, found from its values: what `datasets` 3.6.0 makes of the same file. */
export type Kind =
  | { readonly of: 'null' | 'bool' | 'int' | 'float' | 'text' | 'moment' }
  | { readonly of: 'list'; readonly item: Kind }
  | { readonly of: 'struct'; readonly fields: ReadonlyMap<string, Kind> };

/** Texts that Arrow's reader of JSON lines takes for moments where all of a column are such: a day, a time, how far it is from UTC. */
const MOMENT =
  /^(\d{4}-\d{2}-\d{2})(?:[ T]([01]\d|2[0-3])(?::([0-5]\d)(?::([0-5]\d))?)?(?:Z|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?)?$/;
const MINUTE = 60_000;
const MAX_DEPTH = 60;

/** What reads a file for `datasets`: Arrow lines of JSON, pandas a list of objects (and CSV, whose types are found otherwise). */
export type Reader = 'arrow' | 'pandas';

/** What a value is by itself to a reader; pandas takes whole floats for ints, where they are cells by themselves. */
export function kindOf(value: PyValue, reader: Reader, depth = 0): Kind {
  if (depth > MAX_DEPTH) throw new PermanentError('DatasetInvalid', 'it is nested too deeply');
  if (value === null) return { of: 'null' };
  if (typeof value === 'boolean') return { of: 'bool' };
  if (typeof value === 'bigint') {
    const fits = BigInt.asIntN(64, value) === value;
    if (!fits && reader === 'pandas')
      throw new PermanentError('DatasetInvalid', 'it holds an int of more than 64 bits');
    return { of: fits ? 'int' : 'float' };
  }
  if (typeof value === 'number') {
    const whole = reader === 'pandas' && depth === 0 && Number.isInteger(value) && Math.abs(value) < 2 ** 63;
    return { of: whole ? 'int' : 'float' };
  }
  if (typeof value === 'string') return { of: reader === 'arrow' && isMoment(value) ? 'moment' : textOf(value) };
  if (Array.isArray(value)) {
    return {
      of: 'list',
      item: value.reduce<Kind>((kind, item) => join(kind, kindOf(item, reader, depth + 1)), { of: 'null' }),
    };
  }
  if (!isDict(value)) throw new PermanentError('DatasetInvalid', `it holds ${typeName(value)}`);
  const fields = [...value].map(([name, item]): [string, Kind] => [String(name), kindOf(item, reader, depth + 1)]);
  return { of: 'struct', fields: new Map(fields) };
}

/**
 * The type that holds both.
 * @throws PermanentError DatasetInvalid where none does, as for `datasets`
 */
export function join(a: Kind, b: Kind): Kind {
  if (a.of === 'null') return b;
  if (b.of === 'null') return a;
  if (a.of === 'list' && b.of === 'list') return { of: 'list', item: join(a.item, b.item) };
  if (a.of === 'struct' && b.of === 'struct') {
    const fields = new Map(a.fields);
    for (const [name, kind] of b.fields) fields.set(name, join(fields.get(name) ?? { of: 'null' }, kind));
    return { of: 'struct', fields };
  }
  if (a.of === b.of) return a;
  const both = new Set([a.of, b.of]);
  if (both.has('int') && both.has('float')) return { of: 'float' };
  if (both.has('moment') && both.has('text')) return { of: 'text' };
  throw new PermanentError('DatasetInvalid', `it is ${a.of} in one row and ${b.of} in another`);
}

/** Half of a surrogate pair has no form in UTF-8: it would become another character. */
function textOf(text: string): 'text' {
  if (text.isWellFormed()) return 'text';
  throw new PermanentError('DatasetInvalid', 'it holds half of a surrogate pair, which is no text');
}

function isMoment(text: string): boolean {
  const [, day] = MOMENT.exec(text) ?? [];
  if (day === undefined) return false;
  // February 30 is March 1 to Date.
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

/** The moment in UTC, of a text that is one. */
export function momentOf(text: string): Date {
  const [, day = '', hour = '00', minute = '00', second = '00', sign = '+', hours = '0', minutes = '0'] =
    MOMENT.exec(text) ?? [];
  const ahead = (Number(hours) * 60 + Number(minutes)) * MINUTE * (sign === '-' ? -1 : 1);
  return new Date(Date.parse(`${day}T${hour}:${minute}:${second}Z`) - ahead);
}
