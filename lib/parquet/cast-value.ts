import { type DurationUnit, NANOS, PyDuration, pyDuration } from '../python/duration.ts';
import { NOT_A_TIME, pyBytes, pyDate, pyDatetime, pyDecimal, pyTimestampNanos } from '../python/opaque.ts';
import { clockOf, decimalDigits } from '../python/opaque-text.ts';
import { PyOpaque, PyTuple, type PyValue } from '../python/value.ts';
import { type Column, type ColumnType, describeType, zoneOfType } from './column-type.ts';

/** Makes of a value, which is not None, one of another type. Throws {@link CastFailed} where it has no such form. */
export type Cast = (value: PyValue) => PyValue;

/** Thrown for a value that another type can't hold without a loss. */
export class CastFailed extends Error {
  override readonly name = 'CastFailed';
}

const DAY_MICROS = 86_400_000_000n;
const INT_TEXT = /^-?\d+$/;
const FLOAT_TEXT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Whole numbers up to this are exact in a float, by its bits. */
const EXACT: Readonly<Record<number, bigint>> = { 16: 2n ** 11n, 32: 2n ** 24n, 64: 2n ** 53n };
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * How values of one file's column become those of the table's, where the types differ: as `datasets` 3.6.0 casts a shard to the features of
 * the first one (`array_cast` and `cast_array_to_feature` in its table.py). Undefined where it refuses, or we do: floats and
 * moments as text, what is no float as a decimal.
 */
export function castTo(to: ColumnType, from: ColumnType): Cast | undefined {
  if (describeType(to) === describeType(from)) return (value) => value;
  // A column without any value fits all others.
  if (from.kind === 'null') return (value) => value;
  switch (to.kind) {
    case 'int':
      return castToInt(to, from);
    case 'float':
      return castToFloat(to.bits ?? 64, from);
    case 'bool':
      return castToBool(from);
    case 'string':
      return castToText(from);
    case 'bytes':
      return from.kind === 'string' ? (value) => pyBytes(Buffer.from(textOf(value))) : undefined;
    case 'decimal':
      return from.kind === 'decimal' ? (value) => rescaled(textOf(value), to) : undefined;
    case 'date':
      return from.kind === 'timestamp' ? (value) => dateOf(textOf(value)) : undefined;
    case 'timestamp':
      return castToTimestamp(to, from);
    case 'duration':
      return castToDuration(to.unit, from);
    case 'list':
      return from.kind === 'list' ? castItems(to.item, from.item) : undefined;
    case 'struct':
      return from.kind === 'struct' ? castFields(to.fields, from.fields) : undefined;
    case 'map':
      return from.kind === 'map' ? castPairs(to, from) : undefined;
    default:
      return undefined;
  }
}

function castToInt(to: Extract<ColumnType, { kind: 'int' }>, from: ColumnType): Cast | undefined {
  const fit = (int: bigint): bigint => {
    const held = to.signed ? BigInt.asIntN(to.bits, int) : BigInt.asUintN(to.bits, int);
    if (held === int) return int;
    throw new CastFailed(`${int} is no ${describeType(to)}`);
  };
  if (from.kind === 'int') return (value) => (typeof value === 'bigint' ? fit(value) : value);
  if (from.kind === 'bool') return (value) => (value === true ? 1n : 0n);
  if (from.kind === 'duration') return to.bits === 64 && to.signed ? countOf : undefined;
  if (from.kind === 'float') {
    return (value) => {
      if (typeof value === 'number' && Number.isInteger(value)) return fit(BigInt(value));
      throw new CastFailed(`${String(value)} is no whole number`);
    };
  }
  if (from.kind !== 'string') return undefined;
  return (value) => {
    if (INT_TEXT.test(textOf(value))) return fit(BigInt(textOf(value)));
    throw new CastFailed('a text is no whole number');
  };
}

function castToFloat(bits: number, from: ColumnType): Cast | undefined {
  const held = (float: number) => (bits === 32 ? Math.fround(float) : float);
  if (from.kind === 'bool') return (value) => (value === true ? 1 : 0);
  if (from.kind === 'int') {
    return (value) => {
      const most = EXACT[bits] ?? 0n;
      if (typeof value === 'bigint' && value <= most && value >= -most) return held(Number(value));
      throw new CastFailed(`${String(value)} is not exact as a float of ${bits} bits`);
    };
  }
  // Floats of 16 bits would have to be rounded by hand.
  if (bits === 16) return undefined;
  if (from.kind === 'float') return (value) => held(Number(value));
  if (from.kind === 'decimal') return (value) => held(Number(textOf(value)));
  if (from.kind !== 'string') return undefined;
  return (value) => {
    if (FLOAT_TEXT.test(textOf(value))) return held(Number(textOf(value)));
    throw new CastFailed('a text is no number');
  };
}

function castToBool(from: ColumnType): Cast | undefined {
  if (from.kind === 'int') return (value) => value !== 0n;
  if (from.kind === 'float') return (value) => value !== 0;
  if (from.kind !== 'string') return undefined;
  return (value) => {
    const text = textOf(value).toLowerCase();
    if (/^(true|false|1|0)$/.test(text)) return text === 'true' || text === '1';
    throw new CastFailed('a text is neither true nor false');
  };
}

function castToText(from: ColumnType): Cast | undefined {
  if (from.kind === 'int') return (value) => String(value);
  if (from.kind === 'bool') return (value) => (value === true ? 'true' : 'false');
  if (from.kind === 'date') return textOf;
  if (from.kind === 'duration') return (value) => String(countOf(value));
  if (from.kind !== 'bytes') return undefined;
  return (value) => {
    try {
      if (value instanceof PyOpaque && value.bson instanceof Uint8Array) return utf8.decode(value.bson);
    } catch {
      // Told below.
    }
    throw new CastFailed('bytes are no UTF-8');
  };
}

function castToTimestamp(to: Extract<ColumnType, { kind: 'timestamp' }>, from: ColumnType): Cast | undefined {
  const zone = zoneOfType(to);
  if (from.kind !== 'timestamp' && from.kind !== 'date') return undefined;
  return (value) => {
    if (value === NOT_A_TIME) return value;
    const { micros, nanos } = clockOf(from.kind === 'date' ? `${textOf(value)} 00:00:00` : textOf(value));
    if (to.nanos) return pyTimestampNanos(micros * 1000n + nanos, zone);
    // A wall clock's reading is taken for one in UTC, and the other way round.
    if (nanos === 0n) return pyDatetime(micros, zone);
    throw new CastFailed(`${textOf(value)} is finer than a microsecond`);
  };
}

/** The day that the clocks of the moment's zone show. */
function dateOf(text: string): PyValue {
  const clock = clockOf(text);
  const micros = clock.micros + clock.ahead;
  const day = micros / DAY_MICROS - (micros % DAY_MICROS < 0n ? 1n : 0n);
  return pyDate(Number(day));
}

/** Ints that count units of the column, and durations where nothing is lost. */
function castToDuration(unit: DurationUnit, from: ColumnType): Cast | undefined {
  if (from.kind === 'int')
    return from.bits === 64 && from.signed ? (value) => pyDuration(countOf(value), unit) : undefined;
  if (from.kind !== 'duration') return undefined;
  return (value) => {
    const nanos = countOf(value) * NANOS[from.unit];
    const count = nanos / NANOS[unit];
    if (count * NANOS[unit] === nanos && BigInt.asIntN(64, count) === count) return pyDuration(count, unit);
    throw new CastFailed(`${countOf(value)} ${from.unit} can't be counted in ${unit}`);
  };
}

function countOf(value: PyValue): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof PyDuration) return value.count;
  throw new CastFailed(`a ${typeof value} where a duration should be`);
}

function rescaled(text: string, to: { precision: number; scale: number }): PyValue {
  const wide = decimalDigits(text, to.scale + 76);
  const cut = wide.slice(0, -76).replace(/^(-?)$/, '$10');
  const digits = cut.replace(/^-?0*/, '').length;
  if (!/^0*$/.test(wide.slice(-76)) || digits > to.precision) {
    throw new CastFailed(`${text} is no decimal of ${to.precision} digits, ${to.scale} of them behind the point`);
  }
  return pyDecimal(BigInt(cut), to.scale);
}

function castItems(to: ColumnType, from: ColumnType): Cast | undefined {
  const item = orNone(castTo(to, from));
  return item && ((value) => (Array.isArray(value) ? value.map(item) : value));
}

function castPairs(
  to: { key: ColumnType; value: ColumnType },
  from: { key: ColumnType; value: ColumnType },
): Cast | undefined {
  const key = orNone(castTo(to.key, from.key));
  const entry = orNone(castTo(to.value, from.value));
  if (key === undefined || entry === undefined) return undefined;
  const pair = (value: PyValue) => {
    if (!(value instanceof PyTuple)) return value;
    return new PyTuple([key(value.items[0] ?? null), entry(value.items[1] ?? null)]);
  };
  return (value) => (Array.isArray(value) ? value.map(pair) : value);
}

/** Fields by their names, in the order of the table's; one that is missing is None, one too many can't be cast. */
function castFields(to: readonly Column[], from: readonly Column[]): Cast | undefined {
  if (from.some(({ name }) => !to.some((field) => field.name === name))) return undefined;
  const casts: [string, Cast][] = [];
  for (const { name, type } of to) {
    const own = from.find((field) => field.name === name)?.type ?? { kind: 'null' as const };
    const cast = orNone(castTo(type, own));
    if (cast === undefined) return undefined;
    casts.push([name, cast]);
  }
  return (value) => {
    if (!(value instanceof Map)) return value;
    return new Map(casts.map(([name, cast]) => [name, cast(value.get(name) ?? null)]));
  };
}

function orNone(cast: Cast | undefined): Cast | undefined {
  return cast && ((value) => (value === null ? null : cast(value)));
}

function textOf(value: PyValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof PyOpaque) return value.str;
  throw new CastFailed(`a ${typeof value} where text should be`);
}
