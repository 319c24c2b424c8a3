/** The methods of Python's `list`, `tuple`, `dict` and numbers. */
import { dictSet } from '../python/compare.ts';
import { isDict, type PyDict, PyTuple, type PyValue } from '../python/value.ts';
import { fraction } from './arithmetic.ts';
import { asIndex, bind, clamp } from './call-arguments.ts';
import { Fault, lookupFault, unsupportedFault, valueFault } from './fault.ts';
import type { Method } from './method.ts';
import { DictView } from './objects.ts';
import type { Runtime } from './runtime.ts';
import { iterate, listOf, lookUp, remaining, unpack } from './sequences.ts';
import { sortValues } from './sorting.ts';

/** Where the item is among others. @throws Fault `value` if it is not. */
function indexOf(items: readonly PyValue[], item: PyValue, from: PyValue, to: PyValue, runtime: Runtime): number {
  const start = from === null ? 0 : clamp(asIndex(from, 'a slice index'));
  const stop = to === null ? items.length : clamp(asIndex(to, 'a slice index'));
  const first = start < 0 ? Math.max(0, start + items.length) : start;
  const end = Math.min(stop < 0 ? stop + items.length : stop, items.length);
  for (let at = first; at < end; at++) {
    runtime.budget.step();
    const candidate = items[at] ?? null;
    if (candidate === item || runtime.equals(candidate, item)) return at;
  }
  throw valueFault('the item is not in the list');
}

function countOf(items: readonly PyValue[], item: PyValue, runtime: Runtime): bigint {
  runtime.budget.items(items.length);
  return BigInt(items.filter((candidate) => candidate === item || runtime.equals(candidate, item)).length);
}

const itemMethods: [string, Method<readonly PyValue[]>][] = [
  [
    'index',
    (self, call, runtime) => {
      const [item = null, start = null, stop = null] = bind('index', call, '*value start stop /');
      return BigInt(indexOf(self, item, start, stop, runtime));
    },
  ],
  [
    'count',
    (self, call, runtime) => {
      const [item = null] = bind('count', call, '*value /');
      return countOf(self, item, runtime);
    },
  ],
];

export const TUPLE_METHODS: ReadonlyMap<string, Method<readonly PyValue[]>> = new Map(itemMethods);

export const LIST_METHODS: ReadonlyMap<string, Method<PyValue[]>> = new Map<string, Method<PyValue[]>>([
  ...itemMethods,
  [
    'append',
    (self, call, runtime) => {
      const [item = null] = bind('append', call, '*object /');
      runtime.budget.step();
      if (self.length >= runtime.budget.limits.maxItems) runtime.budget.items(self.length + 1);
      self.push(item);
      return null;
    },
  ],
  [
    'extend',
    (self, call, runtime) => {
      const [items = null] = bind('extend', call, '*iterable /');
      const more = listOf(items, runtime);
      runtime.budget.items(self.length + more.length);
      for (const item of more) self.push(item);
      return null;
    },
  ],
  [
    'insert',
    (self, call, runtime) => {
      const [index = null, item = null] = bind('insert', call, '*index *object /');
      runtime.budget.items(self.length + 1);
      const at = clamp(asIndex(index, 'an index'));
      self.splice(at < 0 ? Math.max(0, at + self.length) : at, 0, item);
      return null;
    },
  ],
  [
    'pop',
    (self, call, runtime) => {
      const [index = -1n] = bind('pop', call, 'index /');
      runtime.budget.items(self.length);
      const at = clamp(asIndex(index, 'an index'));
      const [item] = self.splice(at < 0 && at + self.length < 0 ? self.length : at, 1);
      if (item === undefined) throw lookupFault('pop index out of range');
      return item;
    },
  ],
  [
    'remove',
    (self, call, runtime) => {
      const [item = null] = bind('remove', call, '*value /');
      self.splice(indexOf(self, item, null, null, runtime), 1);
      return null;
    },
  ],
  [
    'reverse',
    (self, call, runtime) => {
      bind('reverse', call, '');
      runtime.budget.items(self.length);
      self.reverse();
      return null;
    },
  ],
  [
    'clear',
    (self, call) => {
      bind('clear', call, '');
      self.length = 0;
      return null;
    },
  ],
  [
    'copy',
    (self, call, runtime) => {
      bind('copy', call, '');
      runtime.budget.items(self.length);
      return [...self];
    },
  ],
  [
    'sort',
    (self, call, runtime) => {
      if (call.args.length > 0) throw new Fault('type', 'sort() takes no positional arguments');
      const [key = null, reverse = false] = bind('sort', call, 'key reverse');
      if (key !== null) throw unsupportedFault('list.sort(key=...)');
      const sorted = sortValues([...self], (item) => item, runtime.truthy(reverse), runtime);
      self.splice(0, self.length, ...sorted);
      return null;
    },
  ],
]);

const view =
  (part: 'keys' | 'values' | 'items'): Method<PyDict> =>
  (self, call) => {
    bind(part, call, '');
    return new DictView(part, self);
  };

export const DICT_METHODS: ReadonlyMap<string, Method<PyDict>> = new Map<string, Method<PyDict>>([
  ['keys', view('keys')],
  ['values', view('values')],
  ['items', view('items')],
  [
    'get',
    (self, call, runtime) => {
      const [key = null, fallback = null] = bind('get', call, '*key default /');
      const value = lookUp(self, key, runtime);
      return value === undefined ? fallback : value;
    },
  ],
  [
    'pop',
    (self, call, runtime) => {
      const [key = null, fallback] = bind('pop', call, '*key default /');
      const value = lookUp(self, key, runtime);
      if (value !== undefined) {
        deleteKey(self, key, runtime);
        return value;
      }
      if (fallback === undefined) throw lookupFault(`no key ${runtime.repr(key)}`);
      return fallback;
    },
  ],
  [
    'popitem',
    (self, call) => {
      bind('popitem', call, '');
      const last = [...self].at(-1);
      if (last === undefined) throw lookupFault('popitem(): dictionary is empty');
      self.delete(last[0]);
      return new PyTuple(last);
    },
  ],
  [
    'setdefault',
    (self, call, runtime) => {
      const [key = null, fallback = null] = bind('setdefault', call, '*key default /');
      const known = lookUp(self, key, runtime);
      if (known !== undefined) return known;
      setKey(self, key, fallback, runtime);
      return fallback;
    },
  ],
  [
    'update',
    (self, call, runtime) => {
      const [other, ...more] = call.args;
      if (more.length > 0) throw new Fault('type', 'update() takes at most 1 argument');
      if (other !== undefined) for (const [key, value] of pairsOf(other, runtime)) setKey(self, key, value, runtime);
      for (const [key, value] of call.kwargs) setKey(self, key, value, runtime);
      return null;
    },
  ],
  [
    'clear',
    (self, call) => {
      bind('clear', call, '');
      self.clear();
      return null;
    },
  ],
  [
    'copy',
    (self, call, runtime) => {
      bind('copy', call, '');
      runtime.budget.items(self.size);
      return new Map(self);
    },
  ],
  [
    'fromkeys',
    () => {
      throw unsupportedFault('dict.fromkeys()');
    },
  ],
]);

/** `dict[key] = value`. */
export function setKey(dict: PyDict, key: PyValue, value: PyValue, runtime: Runtime): void {
  runtime.requireHashable(key);
  runtime.budget.step();
  if (typeof key !== 'string' || dict.size >= runtime.budget.limits.maxItems) runtime.budget.items(dict.size + 1);
  dictSet(dict, key, value);
}

function deleteKey(dict: PyDict, key: PyValue, runtime: Runtime): void {
  if (dict.delete(key)) return;
  for (const other of dict.keys()) {
    if (runtime.equals(other, key)) {
      dict.delete(other);
      return;
    }
  }
}

/** Keys and values of a dict, or of an iterable of pairs. */
export function pairsOf(value: PyValue, runtime: Runtime): [PyValue, PyValue][] {
  if (isDict(value)) {
    runtime.budget.items(value.size);
    return [...value];
  }
  const pairs: [PyValue, PyValue][] = [];
  for (const item of remaining(iterate(value, runtime))) {
    const [key = null, content = null] = unpack(item, 2, runtime);
    pairs.push([key, content]);
  }
  return pairs;
}

export const INT_METHODS: ReadonlyMap<string, Method<bigint>> = new Map<string, Method<bigint>>([
  [
    'bit_length',
    (self, call) => {
      bind('bit_length', call, '');
      return self === 0n ? 0n : BigInt((self < 0n ? -self : self).toString(2).length);
    },
  ],
  [
    'bit_count',
    (self, call) => {
      bind('bit_count', call, '');
      return BigInt((self < 0n ? -self : self).toString(2).replaceAll('0', '').length);
    },
  ],
  [
    'conjugate',
    (self, call) => {
      bind('conjugate', call, '');
      return self;
    },
  ],
  [
    'as_integer_ratio',
    (self, call) => {
      bind('as_integer_ratio', call, '');
      return new PyTuple([self, 1n]);
    },
  ],
]);

export const FLOAT_METHODS: ReadonlyMap<string, Method<number>> = new Map<string, Method<number>>([
  [
    'is_integer',
    (self, call) => {
      bind('is_integer', call, '');
      return Number.isInteger(self);
    },
  ],
  [
    'conjugate',
    (self, call) => {
      bind('conjugate', call, '');
      return self;
    },
  ],
  [
    'as_integer_ratio',
    (self, call) => {
      bind('as_integer_ratio', call, '');
      if (!Number.isFinite(self)) throw new Fault('arithmetic', 'cannot convert infinity or NaN to integer ratio');
      return new PyTuple(fraction(self));
    },
  ],
]);
