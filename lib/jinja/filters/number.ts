/** Filters that make or round numbers. */

import { floatFromText, intFromText } from '../../python/number.ts';
import { PyOpaque, type PyValue } from '../../python/value.ts';
import { attempt, Fault, typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { fixed } from '../format/float-format.ts';
import type { Budget } from '../limits.ts';
import { asNumber, calculate, requireNumber, roundNumber, toFloat } from '../values/arithmetic.ts';
import { asIndex } from '../values/call-arguments.ts';
import { requireDefined, TemplateObject, typeOf, unmarked } from '../values/objects.ts';
import type { TemplateFilter } from '../values/runtime.ts';
import { filter } from './filter.ts';

/** `float(value)`. */
function toPyFloat(value: PyValue, budget: Budget): number {
  requireDefined(value);
  refuseOpaque(value);
  const plain = unmarked(value);
  if (typeof plain === 'string') {
    budget.perCharacter(plain.length);
    return floatFromText(plain);
  }
  const number = asNumber(plain);
  if (number === undefined) throw typeFault(`a ${typeOf(value)} is no number`);
  return toFloat(number);
}

function refuseOpaque(value: PyValue): void {
  if (value instanceof PyOpaque && !(value instanceof TemplateObject)) {
    throw unsupportedFault('numbers from dates, decimals and bytes');
  }
}

const UNBOUNDED_BASES: ReadonlySet<bigint> = new Set([0n, 2n, 4n, 8n, 16n, 32n]);

/** `int(value)`, or `int(text, base)`. */
function toPyInt(value: PyValue, base: bigint, budget: Budget): bigint {
  requireDefined(value);
  refuseOpaque(value);
  const plain = unmarked(value);
  if (typeof plain === 'string') {
    budget.perCharacter(plain.length);
    // Python bounds the digits in other bases; of these one holds five bits at most.
    if (UNBOUNDED_BASES.has(base)) budget.bits(plain.length * 5);
    return intFromText(plain, base);
  }
  const number = asNumber(plain);
  if (number === undefined) throw typeFault(`a ${typeOf(value)} is no number`);
  return typeof number === 'bigint' ? number : truncate(number);
}

function truncate(value: number): bigint {
  if (Number.isNaN(value)) throw valueFault('cannot convert float NaN to integer');
  if (!Number.isFinite(value)) throw new Fault('arithmetic', 'cannot convert float infinity to integer');
  return BigInt(Math.trunc(value));
}

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

function fileSize(bytes: number, binary: boolean): string {
  const base = binary ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${truncate(bytes)} Bytes`;
  const units = binary ? BINARY_UNITS : UNITS;
  for (const [index, unit] of units.entries()) {
    const size = toFloat(BigInt(base) ** BigInt(index + 2));
    if (bytes < size || index === units.length - 1) {
      const scaled = (base * bytes) / size;
      return `${Number.isFinite(scaled) ? fixed(scaled, 1) : String(scaled === Infinity ? 'inf' : 'nan')} ${unit}`;
    }
  }
  return '';
}

/** By name. */
export const NUMBER_FILTERS: [string, TemplateFilter][] = [
  filter('abs', '', (value) => {
    requireDefined(value);
    const number = asNumber(value);
    if (number === undefined) throw typeFault(`bad operand type for abs(): '${typeOf(value)}'`);
    return typeof number === 'bigint' ? (number < 0n ? -number : number) : Math.abs(number);
  }),
  filter('int', 'default base', (value, [fallback = 0n, base = 10n], runtime) =>
    attempt(
      () => toPyInt(value, asIndex(base, "int's base"), runtime.budget),
      ['type', 'value'],
      () =>
        attempt(
          () => truncate(toPyFloat(value, runtime.budget)),
          ['type', 'value', 'arithmetic'],
          () => fallback,
        ),
    ),
  ),
  filter('float', 'default', (value, [fallback = 0], runtime) =>
    attempt(
      () => toPyFloat(value, runtime.budget),
      ['type', 'value'],
      () => fallback,
    ),
  ),
  filter('round', 'precision method', (value, [precision = 0n, method = 'common'], runtime) => {
    requireDefined(value);
    if (method !== 'common' && method !== 'ceil' && method !== 'floor') throw valueFault('unknown method of rounding');
    const number = requireNumber(value, "round's input");
    if (method === 'common') return roundNumber(number, asIndex(precision, "round's precision"));
    const { budget } = runtime;
    const scale = calculate('**', 10n, requireNumber(precision, "round's precision"), budget);
    const scaled = calculate('*', number, scale, budget);
    const whole =
      typeof scaled === 'bigint' ? scaled : truncate(method === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled));
    return calculate('/', whole, scale, budget);
  }),
  filter('filesizeformat', 'binary', (value, [binary = false], runtime) =>
    fileSize(toPyFloat(value, runtime.budget), runtime.truthy(binary)),
  ),
];
