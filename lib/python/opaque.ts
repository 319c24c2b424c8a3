import { NoPythonValue } from './exceptions.ts';
import { PyOpaque } from './value.ts';
import { isFold, offsetText, type Zone, zoneOf } from './zone.ts';

/** Microseconds of a day. */
const DAY = 86_400_000_000n;
/** The first and the last microsecond that Python's datetime knows: 0001-01-01 and 9999-12-31. */
const FIRST = -62_135_596_800_000_000n;
const LAST = 253_402_300_799_999_999n;

/** What pandas makes of the least of all ints, for a moment as for a duration. MongoDB's Python driver can't store it. */
export const NOT_A_TIME = new PyOpaque('NaT', 'NaT', undefined);
const LEAST = -(2n ** 63n);

/**
 * A `datetime.datetime` from microseconds since 1970; with `zone`, the name of one (zone.ts), an aware one. Its `str` is also what
 * Postgres takes.
 */
export function pyDatetime(micros: bigint, zone?: string): PyOpaque {
  if (zone === undefined) return datetimeOf(split(micros), '', '', micros);
  const { local, offset, fold, named } = inZone(micros, zone);
  return datetimeOf(split(local), offsetText(offset), `${fold ? ', fold=1' : ''}, tzinfo=${named.repr}`, micros);
}

function datetimeOf({ date, time, fields }: Wall, offset: string, rest: string, micros: bigint): PyOpaque {
  // Python leaves out seconds and microseconds from the end while they are zero.
  while (fields.length > 5 && fields.at(-1) === 0) fields.pop();
  return new PyOpaque(`${date} ${time}${offset}`, `datetime.datetime(${fields.join(', ')}${rest})`, dateAt(micros));
}

/** A pandas `Timestamp` from nanoseconds since 1970, in that zone where one is named: what a column of that precision holds in Python. */
export function pyTimestampNanos(nanos: bigint, zone?: string): PyOpaque {
  if (nanos === LEAST) return NOT_A_TIME;
  const micros = floorDivide(nanos, 1000n);
  const rest = nanos - micros * 1000n;
  if (zone === undefined) {
    const text = nanosText(split(micros), rest);
    return new PyOpaque(text, `Timestamp('${text}')`, dateAt(micros));
  }
  const { local, offset, named } = inZone(micros, zone);
  if (BigInt.asIntN(64, local * 1000n + rest) !== local * 1000n + rest)
    throw new NoPythonValue(`${nanos} nanoseconds since 1970 are outside what pandas holds, in ${zone}`);
  const text = nanosText(split(local), rest);
  const repr = `Timestamp('${text}${offsetText(offset, '')}', tz='${named.pandas}')`;
  return new PyOpaque(text + offsetText(offset), repr, dateAt(micros));
}

function nanosText({ date, time }: Wall, rest: bigint): string {
  const fraction = time.includes('.') ? time : `${time}.000000`;
  return `${date} ${rest === 0n ? time : fraction + String(rest).padStart(3, '0')}`;
}

/** What the clocks of a zone show. Throws NoPythonValue where there is no such zone, or the moment itself is outside Python's years. */
function inZone(micros: bigint, zone: string): { local: bigint; offset: number; fold: boolean; named: Zone } {
  const named = zoneOf(zone);
  requireYears(micros);
  const seconds = Number(floorDivide(micros, 1_000_000n));
  const offset = named.offsetAt(seconds);
  return { local: micros + BigInt(offset) * 1_000_000n, offset, fold: isFold(named, seconds), named };
}

function dateAt(micros: bigint): Date {
  return new Date(Number(floorDivide(micros, 1000n)));
}

/** A `datetime.date` from days since 1970. MongoDB's Python driver can't store one. */
export function pyDate(days: number): PyOpaque {
  const { date, fields } = split(BigInt(days) * DAY);
  return new PyOpaque(date, `datetime.date(${fields.slice(0, 3).join(', ')})`, undefined);
}

/** A `datetime.time` from microseconds since midnight. MongoDB's Python driver can't store one. */
export function pyTime(micros: bigint): PyOpaque {
  if (micros < 0n || micros >= DAY) throw new NoPythonValue(`${micros} microseconds are no time of day`);
  const { time, fields } = split(micros);
  const clock = fields.slice(3);
  while (clock.length > 2 && clock.at(-1) === 0) clock.pop();
  return new PyOpaque(time, `datetime.time(${clock.join(', ')})`, undefined);
}

/** A `decimal.Decimal` of `unscaled / 10 ** scale`, printed as Python does. MongoDB's Python driver can't store one. */
export function pyDecimal(unscaled: bigint, scale: number): PyOpaque {
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const text = sign + decimalText(digits, scale);
  return new PyOpaque(text, `Decimal('${text}')`, undefined);
}

/** A `uuid.UUID` from its digits, with or without dashes. MongoDB's Python driver stores none unless told how. */
export function pyUuid(digits: string): PyOpaque {
  const parts = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/.exec(digits);
  if (parts === null) throw new NoPythonValue(`${digits} is no UUID`);
  const text = parts.slice(1).join('-');
  return new PyOpaque(text, `UUID('${text}')`, undefined);
}

/** `bytes`; MongoDB stores them as binary data. */
export function pyBytes(bytes: Uint8Array): PyOpaque {
  let text = '';
  for (const byte of bytes) text += BYTE_TEXT[byte];
  // Python prefers single quotes unless there are some, and no double ones, inside.
  const single = text.includes("'");
  const quoted = single && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`;
  return new PyOpaque(`b${quoted}`, `b${quoted}`, Buffer.from(bytes));
}

/** Decimal.__str__: plain while the exponent is not positive and at most six zeros follow the point, else scientific. */
function decimalText(digits: string, scale: number): string {
  const adjusted = digits.length - 1 - scale;
  if (scale >= 0 && adjusted >= -6) {
    if (scale === 0) return digits;
    const padded = digits.padStart(scale + 1, '0');
    return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${mantissa}E${adjusted < 0 ? '' : '+'}${adjusted}`;
}

/** What a calendar and a clock show. */
interface Wall {
  date: string;
  time: string;
  fields: number[];
}

function requireYears(micros: bigint): void {
  if (micros < FIRST || micros > LAST)
    throw new NoPythonValue(`${micros} microseconds since 1970 are outside years 1 to 9999`);
}

function split(micros: bigint): Wall {
  requireYears(micros);
  const moment = dateAt(micros);
  const iso = moment.toISOString();
  const micro = Number(micros - floorDivide(micros, 1_000_000n) * 1_000_000n);
  const fields = [
    ...[moment.getUTCFullYear(), moment.getUTCMonth() + 1, moment.getUTCDate()],
    ...[moment.getUTCHours(), moment.getUTCMinutes(), moment.getUTCSeconds(), micro],
  ];
  const fraction = micro === 0 ? '' : `.${String(micro).padStart(6, '0')}`;
  return { date: iso.slice(0, 10), time: iso.slice(11, 19) + fraction, fields };
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** How repr shows each byte. */
const BYTE_TEXT = Array.from({ length: 256 }, (_, byte) => {
  if (byte === 9) return '\\t';
  if (byte === 10) return '\\n';
  if (byte === 13) return '\\r';
  if (byte === 0x5c) return '\\\\';
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
});
