import { Double, Long } from 'mongodb';
import { PermanentError } from '../errors/errors.ts';
import { PyOpaque, PyTuple, type PyValue } from '../python/value.ts';

const INT32 = 2n ** 31n;
const INT64 = 2n ** 63n;

/**
 * A Python value as the Python driver would store it: ints as int32 or int64 by their size, floats as doubles even where
 * they are whole, dicts in their order.
 * @throws PermanentError DatasetInvalid for what MongoDB can't hold (an int of more than 64 bits, a Decimal).
 */
export function toBson(value: PyValue): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return new Double(value);
  if (typeof value === 'bigint') return intToBson(value);
  if (Array.isArray(value)) return value.map(toBson);
  if (value instanceof PyTuple) return value.items.map(toBson);
  if (value instanceof PyOpaque) {
    if (value.bson !== undefined) return value.bson;
    throw new PermanentError('DatasetInvalid', `MongoDB can't hold ${value.repr.slice(0, 80)}.`);
  }
  const dict = new Map<string, unknown>();
  for (const [key, item] of value) dict.set(String(key), toBson(item));
  return dict;
}

/** The driver writes whole numbers of up to 32 bits as int32. */
function intToBson(value: bigint): number | Long {
  if (value >= -INT32 && value < INT32) return Number(value);
  if (fitsInt64(value)) return Long.fromBigInt(value);
  throw new PermanentError('DatasetInvalid', `MongoDB can't hold ${value}: it has more than 64 bits.`);
}

/** Whether BSON has a form for the int. */
export function fitsInt64(value: bigint): boolean {
  return value >= -INT64 && value < INT64;
}
