import type { ColumnType } from '../parquet/column-type.ts';
import { PyDuration } from '../python/duration.ts';
import { PyOpaque, PyTuple, type PyValue } from '../python/value.ts';
import { parseScalar } from './scalar-text.ts';

/**
 * A nested value as plain JSON data, for a JSON column. What JSON has no form for becomes text (dates, decimals, bytes as
 * hex, NaN, the count of a duration), and a map a list of pairs; {@link fromJson} takes it back by the column's type.
 */
export function toJson(type: ColumnType, value: PyValue): PyValue {
  if (value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof PyDuration) return String(value.count);
  if (value instanceof PyOpaque) return value.bson instanceof Uint8Array ? hex(value.bson) : value.str;
  if (value instanceof PyTuple) return toJson(type, [...value.items]);
  if (Array.isArray(value)) {
    if (type.kind === 'list') return value.map((item) => toJson(type.item, item));
    if (type.kind !== 'map') return value;
    return value.map((pair) => {
      const [key = null, entry = null] = pair instanceof PyTuple ? pair.items : [];
      return [toJson(type.key, key), toJson(type.value, entry)];
    });
  }
  if (value instanceof Map && type.kind === 'struct') {
    return new Map(type.fields.map((field) => [field.name, toJson(field.type, value.get(field.name) ?? null)]));
  }
  return value;
}

/** The value that {@link toJson} made this of. Throws Error where it can't be one of that type. */
export function fromJson(type: ColumnType, json: PyValue): PyValue {
  if (json === null) return null;
  switch (type.kind) {
    case 'list':
      return listOf(json).map((item) => fromJson(type.item, item));
    case 'map':
      return listOf(json).map((pair) => {
        const [key = null, value = null] = listOf(pair);
        return new PyTuple([fromJson(type.key, key), fromJson(type.value, value)]);
      });
    case 'struct': {
      if (!(json instanceof Map)) throw new Error('a struct is no JSON object');
      return new Map(type.fields.map((field) => [field.name, fromJson(field.type, json.get(field.name) ?? null)]));
    }
    default:
      return typeof json === 'string' && type.kind !== 'string' ? parseScalar(type, json) : json;
  }
}

/** Bytes as hex digits. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function listOf(json: PyValue): PyValue[] {
  if (Array.isArray(json)) return json;
  throw new Error('a list is no JSON array');
}
