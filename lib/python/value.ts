/**
 * Python values as the harness sees them, in JavaScript.
 *
 * Prompts must show `1` for an int and `1.0` for a float, and a dict keeps the order its keys came in even where they
 * look like numbers; plain JavaScript numbers and objects can keep neither. So:
 *
 * | Python | here |            | Python | here |
 * |---|---|---|---|---|
 * | None | `null` |            | list | array |
 * | bool | `boolean` |         | tuple | {@link PyTuple} |
 * | int | `bigint` |           | dict | `Map` |
 * | float | `number` |         | datetime, Decimal, bytes, ... | {@link PyOpaque} |
 * | str | `string` |
 */
export type PyValue = null | boolean | bigint | number | string | PyValue[] | PyTuple | PyOpaque | PyDict;

/** A Python dict: insertion ordered. Keys are nearly always strings. */
export type PyDict = Map<PyValue, PyValue>;

/** One dataset document: column name to value, in column order, `__id` first. */
export type Doc = Map<string, PyValue>;

/** A Python tuple; differs from a list in its repr only. */
export class PyTuple {
  readonly items: readonly PyValue[];
  constructor(items: readonly PyValue[]) {
    this.items = items;
  }
}

/** A value that templates may print but not look into (date, Decimal, bytes): its `str()`, its `repr()`, its BSON form. */
export class PyOpaque {
  readonly str: string;
  readonly repr: string;
  /** What MongoDB stores for it, e.g. a `Date`; `undefined` where the Python driver could not store it either. */
  readonly bson: unknown;
  constructor(str: string, repr: string, bson: unknown) {
    this.str = str;
    this.repr = repr;
    this.bson = bson;
  }
}

/** Whether the value is a dict. */
export function isDict(value: unknown): value is PyDict {
  return value instanceof Map;
}

/** Python's name of the value's type, for messages: `int`, `str`, `NoneType`, ... */
export function typeName(value: PyValue): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'str';
  if (Array.isArray(value)) return 'list';
  if (value instanceof PyTuple) return 'tuple';
  if (value instanceof PyOpaque) return 'object';
  return 'dict';
}
