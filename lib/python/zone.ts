import { NoPythonValue } from './exceptions.ts';

/** A time zone by the name that Arrow has for it, as pyarrow makes one for Python. */
export interface Zone {
  /** As `repr` of a `datetime` shows it. */
  readonly repr: string;
  /** As `repr` of a pandas `Timestamp` shows it. */
  readonly pandas: string;
  /** Seconds by which its clocks are ahead of UTC at a moment, which is in seconds since 1970. */
  offsetAt(seconds: number): number;
}

const OFFSET = /^([+-])([01]\d|2[0-3]):([0-5]\d)$/;
/** What `datasets` takes for the name of a zone, without what only a computer's own folder of zones has. */
const NAME = /^[A-Z][A-Za-z0-9/_+-]*$/;
/** Names that JavaScript knows besides, from Java. */
const FOREIGN = /^(?!(?:CET|EET|EST|GMT|HST|MET|MST|PRC|ROC|ROK|UCT|UTC|WET)$)[A-Z]{3}$|^SystemV\/|^US\/Pacific-New$/;
const DAY = 86_400;
/** Clocks are set back by up to a day (Apia, 1892), so a reading that occurs twice had its first turn within that and an hour. */
const LOOK_BACK = DAY + 3600;
const HOUR = 3600;
/** Days whose offsets are kept for each zone: some fifty years. */
const MAX_DAYS = 20_000;
/** Zones that are kept; there are some 600. */
const MAX_ZONES = 1000;

const kept = new Map<string, Zone>();

/**
 * The zone of that name: `datetime.timezone` for `+05:30`, else `zoneinfo.ZoneInfo`. Its rules are those of the tz database that
 * the process has, as Python's are.
 * @throws NoPythonValue for what neither Python nor the tz database knows
 */
export function zoneOf(name: string): Zone {
  const known = kept.get(name);
  if (known !== undefined) return known;
  const zone = fixedZone(name) ?? namedZone(name);
  if (kept.size >= MAX_ZONES) kept.clear();
  kept.set(name, zone);
  return zone;
}

/** Whether the reading of the zone's clocks at that moment is the second of its kind: the clocks were set back in between. */
export function isFold(zone: Zone, seconds: number): boolean {
  const back = zone.offsetAt(seconds - LOOK_BACK) - zone.offsetAt(seconds);
  return back > 0 && zone.offsetAt(seconds - back) === zone.offsetAt(seconds) + back;
}

/** `+01:00`, `-00:53:28`: as `isoformat` has it; without colons as `strftime` has it. */
export function offsetText(seconds: number, colon = ':'): string {
  const ahead = Math.abs(seconds);
  const parts = [Math.floor(ahead / HOUR), Math.floor(ahead / 60) % 60, ...(ahead % 60 === 0 ? [] : [ahead % 60])];
  return (seconds < 0 ? '-' : '+') + parts.map((part) => String(part).padStart(2, '0')).join(colon);
}

/** `repr` of a `datetime.timezone` that is so many seconds ahead. A negative `timedelta` is a negative day and the seconds after it. */
export function fixedZoneRepr(seconds: number): string {
  if (seconds === 0) return 'datetime.timezone.utc';
  const days = seconds < 0 ? 'days=-1, ' : '';
  return `datetime.timezone(datetime.timedelta(${days}seconds=${seconds < 0 ? seconds + DAY : seconds}))`;
}

function fixedZone(name: string): Zone | undefined {
  const parts = OFFSET.exec(name);
  if (parts === null) return undefined;
  const ahead = (Number(parts[2]) * 60 + Number(parts[3])) * 60;
  const offset = parts[1] === '-' && ahead !== 0 ? -ahead : ahead;
  return {
    repr: fixedZoneRepr(offset),
    pandas: offset === 0 ? 'UTC' : `UTC${offsetText(offset)}`,
    offsetAt: () => offset,
  };
}

function namedZone(name: string): Zone {
  // pyarrow asks pytz for what zoneinfo does not know, and pytz takes any case.
  if (name !== 'UTC' && /^utc$/i.test(name)) return { repr: '<UTC>', pandas: 'UTC', offsetAt: () => 0 };
  const format = formatOf(name);
  const days = new Map<number, number | undefined>();
  const exact = (seconds: number) => wallSeconds(format, seconds) - seconds;
  return {
    repr: `zoneinfo.ZoneInfo(key='${name}')`,
    pandas: name,
    offsetAt(seconds) {
      // No zone's clocks are set and set back within a day.
      const day = Math.floor(seconds / DAY);
      if (!days.has(day)) {
        if (days.size >= MAX_DAYS) days.clear();
        const first = exact(day * DAY);
        days.set(day, first === exact((day + 1) * DAY) ? first : undefined);
      }
      return days.get(day) ?? exact(seconds);
    },
  };
}

function formatOf(name: string): Intl.DateTimeFormat {
  const unknown = (why: string) =>
    new NoPythonValue(`Python has no time zone ${JSON.stringify(name.slice(0, 80))}${why}`);
  if (!NAME.test(name) || FOREIGN.test(name)) throw unknown('');
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw unknown('');
  }
  const { timeZone } = format.resolvedOptions();
  if (timeZone !== name && timeZone.toLowerCase() === name.toLowerCase()) throw unknown(`; there is ${timeZone}`);
  return format;
}

/** What the zone's clocks show, as seconds since they would have shown the beginning of 1970. */
function wallSeconds(format: Intl.DateTimeFormat, seconds: number): number {
  const shown = new Map(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(shown.get(type));
  const year = shown.get('era')?.startsWith('A') ? part('year') : 1 - part('year');
  const day = new Date(0).setUTCFullYear(year, part('month') - 1, part('day'));
  return day / 1000 + part('hour') * HOUR + part('minute') * 60 + part('second');
}
