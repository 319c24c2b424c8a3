import { NoPythonValue } from './exceptions.ts';
import { NOT_A_TIME } from './opaque.ts';
import { PyOpaque } from './value.ts';

/** In which durations are counted. */
export type DurationUnit = 's' | 'ms' | 'us' | 'ns';

/** Nanoseconds of a unit. */
export const NANOS: Readonly<Record<DurationUnit, bigint>> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n };
const DAY_NANOS = 86_400_000_000_000n;
/** Of a `datetime.timedelta`. */
const MOST_DAYS = 999_999_999n;
const LEAST = -(2n ** 63n);

/** A `datetime.timedelta`, or of nanoseconds a pandas `Timedelta`. MongoDB's Python driver stores neither. */
export class PyDuration extends PyOpaque {
  readonly count: bigint;
  readonly unit: DurationUnit;
  constructor(count: bigint, unit: DurationUnit, str: string, repr: string) {
    super(str, repr, undefined);
    this.count = count;
    this.unit = unit;
  }
}

/** As `datetime.timedelta` keeps it: only the days may be negative. Nanoseconds are left out. */
export function timedeltaParts({ count, unit }: PyDuration): { days: bigint; seconds: bigint; microseconds: bigint } {
  const { days, rest } = daysOf(count * NANOS[unit]);
  return { days, seconds: rest / NANOS.s, microseconds: (rest % NANOS.s) / NANOS.us };
}

/**
 * So many units of time as pyarrow gives them: a `datetime.timedelta`, of nanoseconds a pandas `Timedelta`.
 * @throws NoPythonValue beyond a billion days
 */
export function pyDuration(count: bigint, unit: DurationUnit): PyOpaque {
  if (unit === 'ns' && count === LEAST) return NOT_A_TIME;
  const { days, rest } = daysOf(count * NANOS[unit]);
  if (days > MOST_DAYS || days < -MOST_DAYS)
    throw new NoPythonValue(`${count}${unit} are ${days} days, where Python's datetime.timedelta holds ${MOST_DAYS}`);
  const [str, repr] = unit === 'ns' ? pandasTexts(days, rest) : plainTexts(days, rest);
  return new PyDuration(count, unit, str, repr);
}

function daysOf(nanos: bigint): { days: bigint; rest: bigint } {
  const rest = ((nanos % DAY_NANOS) + DAY_NANOS) % DAY_NANOS;
  return { days: (nanos - rest) / DAY_NANOS, rest };
}

function plainTexts(days: bigint, rest: bigint): [str: string, repr: string] {
  const seconds = rest / NANOS.s;
  const micros = (rest % NANOS.s) / NANOS.us;
  const day = days === 0n ? '' : `${days} day${days === 1n || days === -1n ? '' : 's'}, `;
  const clock = `${seconds / 3600n}:${padded((seconds / 60n) % 60n)}:${padded(seconds % 60n)}`;
  const parts = Object.entries({ days, seconds, microseconds: micros }).filter(([, part]) => part !== 0n);
  return [
    day + clock + (micros === 0n ? '' : `.${padded(micros, 6)}`),
    `datetime.timedelta(${parts.map(([name, part]) => `${name}=${part}`).join(', ') || '0'})`,
  ];
}

function pandasTexts(days: bigint, rest: bigint): [str: string, repr: string] {
  const seconds = rest / NANOS.s;
  const nanos = rest % NANOS.s;
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => padded(part)).join(':');
  const fraction = nanos % NANOS.us === 0n ? padded(nanos / NANOS.us, 6) : padded(nanos, 9);
  const text = `${days} days ${days < 0n ? '+' : ''}${clock}${nanos === 0n ? '' : `.${fraction}`}`;
  return [text, `Timedelta('${text}')`];
}

function padded(value: bigint, width = 2): string {
  return String(value).padStart(width, '0');
}
