import { PyOpaque } from '../../python/value.ts';
import { fixedZoneRepr, offsetText } from '../../python/zone.ts';

const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const DAY_SECONDS = 86_400;

/** Whether a plain scalar is a date or a time to PyYAML (its resolver's pattern): a date alone needs all its digits. */
export function isTimestamp(text: string): boolean {
  return text.includes(':') ? TIMESTAMP.test(text) : DATE.test(text);
}

/** The date or time as Python prints it (`construct_yaml_timestamp`), or null where there is no such day or time. */
export function toTimestamp(text: string): PyOpaque | null {
  const match = TIMESTAMP.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number);
  if (!isDay(year, month, day)) return null;
  const date = `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
  if (match[4] === undefined) return new PyOpaque(date, `datetime.date(${year}, ${month}, ${day})`, undefined);
  const [hour = 0, minute = 0, second = 0] = match.slice(4, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 59) return null;
  const micros = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  const offset = match[8] === undefined ? null : offsetSeconds(match[9], match[10], match[11]);
  if (offset !== null && Math.abs(offset) >= DAY_SECONDS) return null;
  const fields = [year, month, day, hour, minute];
  if (second || micros) fields.push(second);
  if (micros) fields.push(micros);
  const zone = offset === null ? '' : `, tzinfo=${fixedZoneRepr(offset)}`;
  const time = `${pad(hour)}:${pad(minute)}:${pad(second)}${micros ? `.${pad(micros, 6)}` : ''}`;
  const instant = utc(year, month, day) + ((hour * 60 + minute) * 60 + second - (offset ?? 0)) * 1000;
  return new PyOpaque(
    `${date} ${time}${offset === null ? '' : offsetText(offset)}`,
    `datetime.datetime(${fields.join(', ')}${zone})`,
    new Date(instant + Math.floor(micros / 1000)),
  );
}

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12) return false;
  const lastDay = new Date(utc(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - 1).getUTCDate();
  return day >= 1 && day <= lastDay;
}

/** Milliseconds since 1970; `Date.UTC` takes years below 100 for others. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function offsetSeconds(sign: string | undefined, hours: string | undefined, minutes: string | undefined): number {
  const seconds = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60;
  return sign === '-' ? -seconds : seconds;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
