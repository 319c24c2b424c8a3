/** `a.b` and `a['b']`: Jinja's environment.getattr and getitem (jinja2/environment.py) over Python's attributes. */
import { isDict, PyOpaque, PyTuple, type PyValue } from '../../python/value.ts';
import { attempt, unsupportedFault } from '../fault.ts';
import type { CallArguments } from './call-arguments.ts';
import { DICT_METHODS } from './dict-methods.ts';
import { LIST_METHODS, TUPLE_METHODS } from './list-methods.ts';
import { FLOAT_METHODS, INT_METHODS } from './number-methods.ts';
import { Callable, GroupTuple, requireDefined, TemplateObject, typeOf, Undefined } from './objects.ts';
import type { Runtime } from './runtime.ts';
import { itemAt, iterate } from './sequences.ts';
import { STR_METHODS } from './str-methods.ts';

type Bound = (call: CallArguments, runtime: Runtime) => PyValue;

/** The method, bound to its value; `undefined` if the value's type has none of that name. */
export function findMethod(value: PyValue, name: string): Bound | undefined {
  if (typeof value === 'string') return bindMethod(STR_METHODS.get(name), value);
  if (Array.isArray(value)) return bindMethod(LIST_METHODS.get(name), value);
  if (value instanceof PyTuple) return bindMethod(TUPLE_METHODS.get(name), value.items);
  if (isDict(value)) return bindMethod(DICT_METHODS.get(name), value);
  if (typeof value === 'bigint') return bindMethod(INT_METHODS.get(name), value);
  if (typeof value === 'boolean') return bindMethod(INT_METHODS.get(name), value ? 1n : 0n);
  if (typeof value === 'number') return bindMethod(FLOAT_METHODS.get(name), value);
  return undefined;
}

function bindMethod<Self>(
  method: ((self: Self, call: CallArguments, runtime: Runtime) => PyValue) | undefined,
  self: Self,
): Bound | undefined {
  return method === undefined ? undefined : (call, runtime) => method(self, call, runtime);
}

/**
 * `getattr(value, name)`; `undefined` where Python raises AttributeError.
 * Names that begin with an underscore lead into Python's own workings and are refused.
 */
export function getAttribute(value: PyValue, name: string, runtime: Runtime): PyValue | undefined {
  requireDefined(value);
  if (name.startsWith('_'))
    throw unsupportedFault(`the attribute '${name.slice(0, 40)}', which begins with an underscore`);
  const own =
    value instanceof TemplateObject || value instanceof GroupTuple ? value.attribute(name, runtime) : undefined;
  if (own !== undefined) return own;
  const method = findMethod(value, name);
  if (method !== undefined) return new Callable(name, method);
  if (typeof value === 'bigint' || typeof value === 'boolean' || typeof value === 'number')
    return numberPart(value, name);
  if (value instanceof PyOpaque && !(value instanceof TemplateObject)) {
    throw unsupportedFault('attributes of dates, decimals and bytes');
  }
  if (value instanceof TemplateObject && value.hasPythonAttributes)
    throw unsupportedFault(`attributes of a ${value.type}`);
  return undefined;
}

function numberPart(value: bigint | boolean | number, name: string): PyValue | undefined {
  const whole = typeof value === 'boolean' ? BigInt(value) : value;
  if (name === 'real') return whole;
  if (name === 'imag') return typeof whole === 'bigint' ? 0n : 0;
  if (name === 'numerator' && typeof whole === 'bigint') return whole;
  if (name === 'denominator' && typeof whole === 'bigint') return 1n;
  if (['to_bytes', 'from_bytes', 'hex', 'fromhex'].includes(name))
    throw unsupportedFault(`the number's attribute '${name}'`);
  return undefined;
}

/** `a.b`: the attribute first, then the key. */
export function member(value: PyValue, name: string, runtime: Runtime): PyValue {
  const attribute = getAttribute(value, name, runtime);
  return attribute === undefined ? itemOr(value, name, runtime, () => missing(value, name, runtime)) : attribute;
}

/** `a[b]`: the item first, then, for a text, the attribute. */
export function subscript(value: PyValue, index: PyValue, runtime: Runtime): PyValue {
  return itemOr(value, index, runtime, () => {
    // A plain text may begin with an underscore, as there is no such attribute; Python's own have two.
    const attribute =
      typeof index === 'string' && !/^_[^_]/.test(index) ? getAttribute(value, index, runtime) : undefined;
    return attribute === undefined ? missing(value, index, runtime) : attribute;
  });
}

function itemOr(value: PyValue, index: PyValue, runtime: Runtime, fallback: () => PyValue): PyValue {
  return attempt(() => itemAt(value, index, runtime), ['type', 'lookup'], fallback);
}

function missing(value: PyValue, index: PyValue, runtime: Runtime): Undefined {
  return typeof index === 'string'
    ? new Undefined(`a ${typeOf(value)} has no attribute or key ${JSON.stringify(index.slice(0, 60))}`)
    : new Undefined(`a ${typeOf(value)} has no element ${runtime.repr(index).slice(0, 60)}`);
}

/** Whether iterating over the value would not raise a TypeError. */
export function isIterable(value: PyValue, runtime: Runtime): boolean {
  return attempt(
    () => {
      iterate(value, runtime);
      return true;
    },
    ['type'],
    () => false,
  );
}
