/** `len`, `iter`, `in`, subscripts and slices over everything that has them. */
import { dictGet } from '../../python/dict.ts';
import { includesPart } from '../../python/find.ts';
import { pyIndex, pyLen, pySlice } from '../../python/sequence.ts';
import { isDict, PyOpaque, PyTuple, type PyValue } from '../../python/value.ts';
import { limitFault, lookupFault, typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { asIndex, clamp } from './call-arguments.ts';
import { LoopContext } from './loop-context.ts';
import {
  DictView,
  Markup,
  MissingElse,
  Namespace,
  OneShot,
  Range,
  requireDefined,
  requireStrictlyDefined,
  TemplateObject,
  typeOf,
  unmarked,
} from './objects.ts';
import type { Runtime } from './runtime.ts';

/** `len(value)`. @throws Fault `type` if it has none. */
export function lengthOf(value: PyValue, runtime: Runtime): bigint {
  if (value instanceof MissingElse) return 0n;
  requireDefined(value);
  if (value instanceof Range) return value.length;
  if (value instanceof DictView) return BigInt(value.dict.size);
  if (value instanceof LoopContext) return BigInt(value.length());
  const plain = unmarked(value);
  if (typeof plain === 'string') runtime.budget.work(plain.length);
  if (typeof plain === 'string' || Array.isArray(plain) || plain instanceof PyTuple || isDict(plain)) {
    return BigInt(pyLen(plain));
  }
  refuseOpaque(plain);
  throw typeFault(`a ${typeOf(value)} has no length`);
}

/** `iter(value)`: every item costs a step. @throws Fault `type` at once if it can't be iterated over. */
export function iterate(value: PyValue, runtime: Runtime): Iterator<PyValue, unknown> {
  if (value instanceof MissingElse) return [].values();
  requireDefined(value);
  if (value instanceof OneShot) return value.iterator;
  return stepping(itemsOf(value), runtime);
}

function* stepping(items: Iterable<PyValue>, runtime: Runtime): Generator<PyValue, void> {
  for (const item of items) {
    runtime.budget.step();
    yield item;
  }
}

function itemsOf(value: PyValue): Iterable<PyValue> {
  const plain = unmarked(value);
  if (typeof plain === 'string' || Array.isArray(plain)) return plain;
  if (plain instanceof PyTuple) return plain.items;
  if (plain instanceof DictView) return ofUnchanged(plain.dict, plain.entries());
  if (plain instanceof Range) return ofRange(plain);
  if (isDict(plain)) return ofUnchanged(plain, plain.keys());
  refuseOpaque(plain);
  throw typeFault(`a ${typeOf(value)} can't be iterated over`);
}

function* ofUnchanged(dict: { readonly size: number }, items: Iterable<PyValue>): Generator<PyValue> {
  const { size } = dict;
  for (const item of items) {
    yield item;
    if (dict.size !== size) throw valueFault('a dict changed its size while being iterated over');
  }
}

function* ofRange(range: Range): Generator<PyValue> {
  for (let index = 0n; index < range.length; index++) yield range.at(index);
}

/** The items left of an iterator, for use in `for ... of`. */
export function* remaining(iterator: Iterator<PyValue, unknown>): Generator<PyValue, void> {
  for (let item = iterator.next(); item.done !== true; item = iterator.next()) yield item.value;
}

/** `list(value)`. */
export function listOf(value: PyValue, runtime: Runtime): PyValue[] {
  if (value instanceof Range && value.length > BigInt(runtime.budget.limits.maxItems)) {
    throw limitFault(`a sequence would exceed ${runtime.budget.limits.maxItems} items`);
  }
  const items: PyValue[] = [];
  for (const item of remaining(iterate(value, runtime))) {
    items.push(item);
    if (items.length > runtime.budget.limits.maxItems) runtime.budget.items(items.length);
  }
  return items;
}

/** `item in container`. */
export function contains(container: PyValue, item: PyValue, runtime: Runtime): boolean {
  requireStrictlyDefined(container);
  const plain = unmarked(container);
  if (typeof plain === 'string') {
    const part = unmarked(item);
    if (typeof part !== 'string') {
      requireDefined(item);
      throw typeFault(`'in <string>' needs a str, not ${typeOf(item)}`);
    }
    runtime.budget.work(plain.length + part.length);
    return includesPart(plain, part);
  }
  if (isDict(plain)) return hasKey(plain, item, runtime);
  if (plain instanceof DictView && plain.part === 'keys') return hasKey(plain.dict, item, runtime);
  if (plain instanceof Range && typeof item === 'bigint') {
    const offset = item - plain.start;
    return offset % plain.step === 0n && offset / plain.step >= 0n && offset / plain.step < plain.length;
  }
  for (const candidate of remaining(iterate(plain, runtime))) {
    if (candidate === item || runtime.equals(candidate, item)) return true;
  }
  return false;
}

function hasKey(dict: Map<PyValue, PyValue>, key: PyValue, runtime: Runtime): boolean {
  return lookUp(dict, unmarked(key), runtime) !== undefined;
}

/** `dict.get(key)`; `undefined` where it is not there. */
export function lookUp(dict: ReadonlyMap<PyValue, PyValue>, key: PyValue, runtime: Runtime): PyValue | undefined {
  if (typeof key === 'string') {
    runtime.budget.work(key.length);
    return dict.get(key);
  }
  runtime.requireHashable(key);
  if (key instanceof PyTuple) runtime.budget.perCharacter(dict.size);
  return dictGet(dict, key);
}

/** `value[index]`. @throws Fault `type` or `lookup` where Python raises TypeError or LookupError. */
export function itemAt(value: PyValue, index: PyValue, runtime: Runtime): PyValue {
  requireDefined(value);
  if (isDict(value)) {
    const found = lookUp(value, unmarked(index), runtime);
    if (found === undefined) throw lookupFault(`no key ${runtime.repr(index)}`);
    return found;
  }
  if (value instanceof Range) {
    const at = asIndex(index, 'an index');
    const wanted = at < 0n ? at + value.length : at;
    if (wanted < 0n || wanted >= value.length) throw lookupFault('range index out of range');
    return value.at(wanted);
  }
  const plain = unmarked(value);
  if (typeof plain === 'string' || Array.isArray(plain) || plain instanceof PyTuple) {
    if (typeof plain === 'string' && typeof index === 'bigint') runtime.budget.work(plain.length);
    const item = pyIndex(plain, clamp(asIndex(index, 'an index')));
    return value instanceof Markup ? new Markup(String(item)) : item;
  }
  if (value instanceof TemplateObject && !(value instanceof Namespace)) throw typeFault(`a ${value.type} has no items`);
  refuseOpaque(value);
  throw typeFault(`a ${typeOf(value)} has no items`);
}

/** `value[start:stop:step]`; `null` leaves a bound out. */
export function sliceOf(
  value: PyValue,
  bounds: readonly [start: PyValue, stop: PyValue, step: PyValue],
  runtime: Runtime,
): PyValue {
  requireDefined(value);
  const plain = unmarked(value);
  const sliceable = typeof plain === 'string' || Array.isArray(plain) || plain instanceof PyTuple;
  if (!sliceable && !(plain instanceof Range)) {
    refuseOpaque(value);
    // Jinja's optimiser makes an undefined value of it where all is constant; otherwise it is a TypeError.
    throw unsupportedFault(`a ${typeOf(value)} can't be sliced`);
  }
  const [start, stop, step] = bounds.map((bound) => {
    requireDefined(bound);
    return bound === null ? null : clamp(asIndex(bound, 'a slice index'));
  });
  if (plain instanceof Range) throw unsupportedFault("a range can't be sliced");
  if (step === 0) throw valueFault('slice step cannot be zero');
  if (typeof plain === 'string') {
    if ((step ?? 1) === 1) runtime.budget.work(plain.length);
    else runtime.budget.perCharacter(plain.length);
    const text = pySlice(plain, start, stop, step);
    return value instanceof Markup ? new Markup(text) : text;
  }
  if (plain instanceof PyTuple) {
    runtime.budget.items(plain.items.length);
    return pySlice(plain, start, stop, step);
  }
  runtime.budget.items(plain.length);
  return pySlice(plain, start, stop, step);
}

/** Spreads a value over so many names. @throws Fault `value` where the number differs. */
export function spread(value: PyValue, count: number, runtime: Runtime): PyValue[] {
  const items: PyValue[] = [];
  for (const item of remaining(iterate(value, runtime))) {
    items.push(item);
    if (items.length > count) throw valueFault(`too many values for ${count} names`);
  }
  if (items.length < count) throw valueFault(`${items.length} values for ${count} names`);
  return items;
}

function refuseOpaque(value: PyValue): void {
  if (value instanceof PyOpaque && !(value instanceof TemplateObject)) {
    throw unsupportedFault('dates, decimals and bytes can only be printed');
  }
}
