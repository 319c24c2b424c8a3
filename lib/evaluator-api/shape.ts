import { pydanticFloat, pydanticInt } from '../python/pydantic.ts';
import { isDict, type PyValue } from '../python/value.ts';

/**
 * Shapes of JSON values as pydantic 2.10's lax mode checks them (RESPONSE-3): keys that a model does not name are
 * allowed, and one wrong item anywhere refuses the whole. Problems read `choices.0.index: int_parsing`, with pydantic's
 * names of what is wrong.
 */
export type Shape = (value: PyValue, path: string, problems: string[]) => void;

/** A field of a model: its shape, and whether it must be there. */
export interface ModelField {
  readonly shape: Shape;
  readonly required: boolean;
}

/** A field that must be there. */
export function neededField(shape: Shape): ModelField {
  return { shape, required: true };
}

/** A field that may be left out. Null is not the same as left out. */
export function optionalField(shape: Shape): ModelField {
  return { shape, required: false };
}

/** Any value. */
export const anything: Shape = () => {};

/** Text; nothing else is taken for text. */
export const textShape: Shape = (value, path, problems) => {
  if (typeof value !== 'string') problems.push(`${path}: string_type`);
};

/** An int, a float without a fraction, a bool, or text that reads as an int. */
export const int: Shape = (value, path, problems) => {
  if (pydanticInt(value) !== null) return;
  const what =
    typeof value === 'string'
      ? 'int_parsing'
      : typeof value !== 'number'
        ? 'int_type'
        : Number.isFinite(value)
          ? 'int_from_float'
          : 'finite_number';
  problems.push(`${path}: ${what}`);
};

/** A number (also NaN and infinite), a bool, or text that reads as a float. */
export const float: Shape = (value, path, problems) => {
  if (pydanticFloat(value) === null)
    problems.push(`${path}: ${typeof value === 'string' ? 'float_parsing' : 'float_type'}`);
};

/** Exactly this text. */
export function literal(wanted: string): Shape {
  return (value, path, problems) => {
    if (value !== wanted) problems.push(`${path}: literal_error`);
  };
}

/** An int or text; where it is neither, both problems are reported. */
export const intOrText: Shape = (value, path, problems) => {
  if (typeof value === 'string') return;
  const before = problems.length;
  int(value, `${path}.int`, problems);
  if (problems.length > before) textShape(value, `${path}.str`, problems);
};

/** The shape, or null. */
export function nullable(shape: Shape): Shape {
  return (value, path, problems) => {
    if (value !== null) shape(value, path, problems);
  };
}

/** A list of items of one shape. */
export function listShape(item: Shape): Shape {
  return (value, path, problems) => {
    if (!Array.isArray(value)) {
      problems.push(`${path}: list_type`);
      return;
    }
    for (let i = 0; i < value.length; i++) item(value[i] ?? null, `${path}.${i}`, problems);
  };
}

/** An object whose values have one shape; its keys read as ints where that is asked for. */
export function dictShape(item: Shape, keys: 'text' | 'int' = 'text'): Shape {
  return (value, path, problems) => {
    if (!isDict(value)) {
      problems.push(`${path}: dict_type`);
      return;
    }
    for (const [key, entry] of value) {
      if (keys === 'int') int(key, `${path}.${String(key)}.[key]`, problems);
      item(entry, `${path}.${String(key)}`, problems);
    }
  };
}

/** An object with these fields, and any others. */
export function modelShape(fields: Readonly<Record<string, ModelField>>): Shape {
  const entries = Object.entries(fields);
  return (value, path, problems) => {
    if (!isDict(value)) {
      problems.push(path === '' ? 'model_type' : `${path}: model_type`);
      return;
    }
    for (const [name, { shape, required }] of entries) {
      const at = path === '' ? name : `${path}.${name}`;
      const field = value.get(name);
      if (field !== undefined) shape(field, at, problems);
      else if (required) problems.push(`${at}: missing`);
    }
  };
}
