import { PermanentError } from '../errors/errors.ts';
import { isDict, type PyDict, PyOpaque, PyTuple, type PyValue } from '../python/value.ts';
import { FunctionRef } from './function-ref.ts';

/** A value in a task's YAML: Python's, and references to functions anywhere in it. */
export type ConfigValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | PyTuple
  | PyOpaque
  | FunctionRef
  | ConfigValue[]
  | ConfigDict;

/** A mapping of a task's YAML, in the order of its keys. */
export type ConfigDict = Map<PyValue, ConfigValue>;

/** Whether the value is a mapping. */
export function isConfigDict(value: ConfigValue | undefined): value is ConfigDict {
  return value instanceof Map;
}

const FUNCTION = '!function';
const PAIRS = '!pairs';
const OPAQUE = '!opaque';
const TUPLE = '!tuple';
const MARKS: ReadonlySet<PyValue> = new Set([FUNCTION, PAIRS, OPAQUE, TUPLE]);

/**
 * The value as JSON can hold it (`dumps` of lib/python/json.ts): what JSON has no form for becomes a dict of one key that
 * starts with `!`; dicts that could be taken for one, or have other keys than text, become lists of pairs.
 */
export function encodeValue(value: ConfigValue): PyValue {
  if (value instanceof FunctionRef) return mark(FUNCTION, [value.folder, value.module, value.name]);
  if (value instanceof PyTuple) return mark(TUPLE, value.items.map(encodeValue));
  if (value instanceof PyOpaque) return mark(OPAQUE, [value.str, value.repr, millisOf(value)]);
  if (Array.isArray(value)) return value.map(encodeValue);
  if (!isConfigDict(value)) return value;
  const plain = [...value.keys()].every((key) => typeof key === 'string' && !MARKS.has(key));
  if (plain) return new Map([...value].map(([key, item]) => [key, encodeValue(item)]));
  return mark(
    PAIRS,
    [...value].map(([key, item]) => [encodeValue(key), encodeValue(item)]),
  );
}

/** Reads what {@link encodeValue} made. @throws PermanentError HarnessNotStaged where the stored form is damaged. */
export function decodeValue(value: PyValue): ConfigValue {
  if (Array.isArray(value)) return value.map(decodeValue);
  if (!isDict(value)) return value;
  const first = value.size === 1 ? [...value][0] : undefined;
  if (first && MARKS.has(first[0])) return decodeMarked(first[0], first[1]);
  return new Map([...value].map(([key, item]) => [key, decodeValue(item)]));
}

/** Reads a mapping that {@link encodeValue} made. @throws PermanentError HarnessNotStaged where it is none. */
export function decodeDict(value: PyValue | undefined): ConfigDict {
  const decoded = value === undefined ? null : decodeValue(value);
  if (!isConfigDict(decoded)) throw damaged();
  return decoded;
}

/** The value without function references. @throws PermanentError UnsupportedHook where it holds one, naming task and hook. */
export function withoutFunctions(value: ConfigValue, task: string): PyValue {
  if (value instanceof FunctionRef) {
    throw new PermanentError(
      'UnsupportedHook',
      `Task ${task} needs the Python function ${value.hook}, which can't be run here.`,
      {
        context: { task, hook: value.hook },
      },
    );
  }
  if (Array.isArray(value)) return value.map((item) => withoutFunctions(item, task));
  if (!isConfigDict(value)) return value;
  return new Map([...value].map(([key, item]) => [key, withoutFunctions(item, task)]));
}

/** All function references in the value, in document order. */
export function functionsIn(value: ConfigValue): FunctionRef[] {
  if (value instanceof FunctionRef) return [value];
  if (Array.isArray(value)) return value.flatMap(functionsIn);
  return isConfigDict(value) ? [...value.values()].flatMap(functionsIn) : [];
}

function mark(kind: string, content: PyValue): PyDict {
  return new Map<PyValue, PyValue>([[kind, content]]);
}

function millisOf(value: PyOpaque): bigint | null {
  return value.bson instanceof Date ? BigInt(value.bson.getTime()) : null;
}

function decodeMarked(kind: PyValue, content: PyValue): ConfigValue {
  if (!Array.isArray(content)) throw damaged();
  if (kind === PAIRS) {
    return new Map(
      content.map((pair): [PyValue, ConfigValue] => {
        if (!Array.isArray(pair)) throw damaged();
        return [withoutFunctions(decodeValue(pair[0] ?? null), ''), decodeValue(pair[1] ?? null)];
      }),
    );
  }
  if (kind === TUPLE) return new PyTuple(content.map((item) => withoutFunctions(decodeValue(item), '')));
  const [a, b, c] = content;
  if (typeof a !== 'string' || typeof b !== 'string') throw damaged();
  if (kind === OPAQUE) return new PyOpaque(a, b, typeof c === 'bigint' ? new Date(Number(c)) : undefined);
  if (typeof c !== 'string') throw damaged();
  return new FunctionRef(a, b, c);
}

function damaged(): PermanentError {
  return new PermanentError('HarnessNotStaged', 'The staged task catalogue is damaged; stage the harness again.');
}
