import { PyDuration, pyDuration, timedeltaParts } from '../python/duration.ts';
import { pyBytes, pyDate, pyDatetime, pyTime } from '../python/opaque.ts';
import { clockOf } from '../python/opaque-text.ts';
import { isDict, type PyDict, PyOpaque, PyTuple, type PyValue } from '../python/value.ts';

const DAY_MICROS = 86_400_000_000n;

/**
 * A value as JSON can carry it to the runtime and back (`lib/sandbox/python/sampler_box/values.py`): what JSON has no word for
 * becomes an object with one key, such as `$tuple`; dicts become `$dict`, as their keys need not be texts.
 */
export function tagged(value: PyValue): PyValue {
  if (Array.isArray(value)) return value.map(tagged);
  if (value instanceof PyTuple) return object('$tuple', value.items.map(tagged));
  if (value instanceof PyOpaque) return taggedOpaque(value);
  if (isDict(value))
    return object(
      '$dict',
      [...value].map(([key, item]) => [tagged(key), tagged(item)]),
    );
  return value;
}

/** What {@link tagged} made, or the runtime: the value again. */
export function untagged(value: PyValue): PyValue {
  if (Array.isArray(value)) return value.map(untagged);
  if (!isDict(value)) return value;
  const [only] = value;
  if (value.size !== 1 || only === undefined) return mapped(value);
  const [tag, content] = only;
  if (tag === '$dict' && Array.isArray(content)) {
    const dict: PyDict = new Map();
    for (const pair of content) if (Array.isArray(pair)) dict.set(untagged(pair[0] ?? null), untagged(pair[1] ?? null));
    return dict;
  }
  if (tag === '$tuple' && Array.isArray(content)) return new PyTuple(content.map(untagged));
  if (tag === '$set' && Array.isArray(content)) return new PyTuple(content.map(untagged));
  if (tag === '$array') return untagged(content);
  if (tag === '$numpy' && Array.isArray(content)) return content[1] ?? null;
  return untaggedOpaque(tag, content) ?? mapped(value);
}

function mapped(value: PyDict): PyDict {
  return new Map([...value].map(([key, item]) => [key, untagged(item)]));
}

function object(tag: string, content: PyValue): PyDict {
  return new Map<PyValue, PyValue>([[tag, content]]);
}

/**
 * Opaque values are represented by their `repr`, as that is all that is kept of them. A moment's zone becomes its offset: boxes have no
 * tz database.
 */
function taggedOpaque(value: PyOpaque): PyValue {
  const { str, repr, bson } = value;
  if (value instanceof PyDuration && value.unit !== 'ns')
    return object('$seconds', Object.values(timedeltaParts(value)));
  if (repr.startsWith('datetime.datetime(')) return object('$datetime', str.replace(' ', 'T'));
  if (repr.startsWith('datetime.date(')) return object('$date', str);
  if (repr.startsWith('datetime.time(')) return object('$time', str);
  if (repr.startsWith('Decimal(')) return object('$decimal', str);
  if (bson instanceof Uint8Array) return object('$bytes', Buffer.from(bson).toString('base64'));
  return object('$other', repr);
}

function untaggedOpaque(tag: PyValue, content: PyValue): PyOpaque | undefined {
  if (tag === '$seconds' && Array.isArray(content)) return durationOf(content);
  if (typeof content !== 'string') return undefined;
  switch (tag) {
    case '$other':
      return new PyOpaque(content, content, undefined);
    case '$bytes':
      return pyBytes(Buffer.from(content, 'base64'));
    case '$datetime':
      return datetimeOf(content);
    case '$date':
      return pyDate(Number(clockOf(`${content} 00:00:00`).micros / DAY_MICROS));
    case '$time':
      // One with a zone, which no column of a data set has, is kept as its text.
      return /[+-]/.test(content) ? opaqueText(content) : pyTime(clockOf(`1970-01-01 ${content}`).micros);
    case '$decimal':
      return new PyOpaque(content, `Decimal('${content}')`, undefined);
    default:
      return undefined;
  }
}

function datetimeOf(text: string): PyOpaque {
  const { micros } = clockOf(text);
  const offset = /[+-]\d\d:\d\d(:\d\d)?$/.exec(text)?.[0];
  if (offset === undefined) return pyDatetime(micros);
  // Offsets with seconds, which no fixed zone of Arrow's has, are kept as their text.
  return offset.length === 6 ? pyDatetime(micros, offset) : opaqueText(text.replace('T', ' '));
}

function durationOf(parts: readonly PyValue[]): PyOpaque | undefined {
  const [days, seconds, micros] = parts;
  if (typeof days !== 'bigint' || typeof seconds !== 'bigint' || typeof micros !== 'bigint') return undefined;
  return pyDuration(days * DAY_MICROS + seconds * 1_000_000n + micros, 'us');
}

function opaqueText(text: string): PyOpaque {
  return new PyOpaque(text, text, undefined);
}
