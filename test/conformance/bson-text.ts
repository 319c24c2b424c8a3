import { Binary, Double, Int32, Long, ObjectId } from 'mongodb';
import { formatFloat } from '../../lib/python/number.ts';

/** A BSON value as JSON text in which a double shows its point and keys keep their order, as Python's `json` prints them. */
export function bsonText(value: unknown): string {
  if (value instanceof Double) return formatFloat(value.value);
  if (value instanceof Int32) return String(value.value);
  if (value instanceof Long) return value.toString();
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof ObjectId || value instanceof Binary) return JSON.stringify(value.toString());
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map(bsonText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${bsonText(item)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value);
}

/** BSON's name of the value's type. */
export function bsonType(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Double) return 'double';
  if (value instanceof Int32) return 'int';
  if (value instanceof Long || typeof value === 'bigint') return 'long';
  if (value instanceof ObjectId) return 'objectId';
  if (value instanceof Date) return 'date';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return 'object';
}
