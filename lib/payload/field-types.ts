import { dumps } from '../python/json.ts';
import { formatFloatRyu } from '../python/number.ts';
import { pydanticBool, pydanticFloat, pydanticInt } from '../python/pydantic.ts';
import { isDict, PyTuple, type PyValue } from '../python/value.ts';

/** A type of a request model's field: how a value is coerced and printed, as pydantic's lax mode and `model_dump_json` do it. */
export interface FieldType {
  /** What it takes, as the end of a sentence: `must be ...`. */
  readonly takes: string;
  /** The value's JSON; undefined where pydantic refuses the value. Never called with null. */
  print(value: PyValue): string | undefined;
}

/** One field of a model: its place is its place in the list of fields. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** The JSON of the model's default, which `exclude_defaults` leaves out; undefined where the field is required. */
  readonly preset: string | undefined;
  /** Whether null is taken; a required field usually refuses it. */
  readonly nullable: boolean;
}

/** A field that may be null, whose default is null unless `preset` says otherwise. */
export function optional(name: string, type: FieldType, preset = 'null'): Field {
  return { name, type, preset, nullable: true };
}

/** A field that must be there, and not null. */
export function required(name: string, type: FieldType): Field {
  return { name, type, preset: undefined, nullable: false };
}

/** A float, also from ints, flags and numeric text. */
export const FLOAT: FieldType = {
  takes: 'a number',
  print(value) {
    const float = pydanticFloat(value);
    return float === null ? undefined : formatFloatRyu(float);
  },
};

/** An int, also from whole floats, flags and numeric text. */
export const INT: FieldType = {
  takes: 'a whole number',
  print: (value) => pydanticInt(value)?.toString(),
};

const INT64 = 2n ** 63n;

/** An int of 64 bits. */
export const INT64_TYPE: FieldType = {
  takes: 'a whole number of at most 64 bits',
  print(value) {
    const int = pydanticInt(value);
    return int === null || int < -INT64 || int >= INT64 ? undefined : int.toString();
  },
};

/** A flag, also from 0, 1 and the words that pydantic takes. */
export const BOOL: FieldType = {
  takes: 'true or false',
  print: (value) => pydanticBool(value)?.toString(),
};

/** Text, and nothing else. */
export const TEXT: FieldType = {
  takes: 'text',
  print: (value) => (typeof value === 'string' ? printAny(value) : undefined),
};

/** Any object with text for keys. */
export const OBJECT: FieldType = {
  takes: 'an object',
  print: (value) => (isDict(value) && hasTextKeys(value) ? printAny(value) : undefined),
};

/** One of these texts. */
export function oneOf(...words: readonly string[]): FieldType {
  return {
    takes: words.map((word) => JSON.stringify(word)).join(' or '),
    print: (value) => (typeof value === 'string' && words.includes(value) ? JSON.stringify(value) : undefined),
  };
}

/** A list whose items are all of a type. */
export function listType(type: FieldType): FieldType {
  return {
    takes: `a list, each item ${type.takes}`,
    print(value) {
      const items = value instanceof PyTuple ? value.items : value;
      return Array.isArray(items)
        ? joined(
            items.map((item) => printItem(type, item)),
            '[',
            ']',
          )
        : undefined;
    },
  };
}

/** An object whose values are all of a type. */
export function objectType(type: FieldType): FieldType {
  return {
    takes: `an object, each value ${type.takes}`,
    print(value) {
      if (!isDict(value) || !hasTextKeys(value)) return undefined;
      return joined(
        [...value].map(([key, item]) => member(String(key), printItem(type, item))),
        '{',
        '}',
      );
    },
  };
}

/** Whatever the first of these types takes. */
export function anyOf(...types: readonly FieldType[]): FieldType {
  return {
    takes: types.map(({ takes }) => takes).join(', or '),
    print(value) {
      for (const type of types) {
        const text = type.print(value);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

/** An object of a model of its own, which takes no other keys; what equals a default is left out in it too. */
export function model(fields: readonly Field[]): FieldType {
  const names = new Set(fields.map(({ name }) => name));
  return {
    takes: `an object with ${fields.map(({ name }) => name).join(', ')}`,
    print(value) {
      if (!isDict(value) || [...value.keys()].some((key) => typeof key !== 'string' || !names.has(key)))
        return undefined;
      const parts = fields.map((field) => printField(field, value.get(field.name)));
      return joined(
        parts.map((part) => (part === 'refused' ? undefined : (part ?? ''))).filter((part) => part !== ''),
        '{',
        '}',
      );
    },
  };
}

/**
 * One field as `"name":value`; null where the model leaves it out, as it is absent or its default; `refused` where pydantic
 * refuses the value, null for what can't be null among them.
 */
export function printField(field: Field, value: PyValue | undefined): string | null | 'refused' {
  if (value === undefined) return field.preset === undefined ? 'refused' : null;
  const text = value === null ? (field.nullable ? 'null' : undefined) : field.type.print(value);
  if (text === undefined) return 'refused';
  // NaN and infinity are printed as null, and are no default.
  const printedOnly = value !== null && text === 'null';
  return !printedOnly && equalsPreset(text, field.preset) ? null : `${JSON.stringify(field.name)}:${text}`;
}

/** Any value as compact JSON, floats printed as pydantic prints them. */
export function printAny(value: PyValue): string {
  if (typeof value === 'number') return formatFloatRyu(value);
  if (Array.isArray(value)) return `[${value.map(printAny).join(',')}]`;
  if (isDict(value)) {
    const entries = [...value].map(([key, item]) => `${JSON.stringify(String(key))}:${printAny(item)}`);
    return `{${entries.join(',')}}`;
  }
  return dumps(value, { ensureAscii: false, separators: [',', ':'] });
}

/** To Python, -0.0 equals 0.0. */
function equalsPreset(text: string, preset: string | undefined): boolean {
  return text === preset || (preset === '0.0' && text === '-0.0');
}

function printItem(type: FieldType, item: PyValue): string | undefined {
  return item === null ? undefined : type.print(item);
}

function member(key: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${JSON.stringify(key)}:${text}`;
}

/** The parts with commas between; undefined where one of them was refused. */
function joined(parts: readonly (string | undefined)[], open: string, close: string): string | undefined {
  return parts.includes(undefined) ? undefined : open + parts.join(',') + close;
}

function hasTextKeys(dict: ReadonlyMap<PyValue, PyValue>): boolean {
  return [...dict.keys()].every((key) => typeof key === 'string');
}
