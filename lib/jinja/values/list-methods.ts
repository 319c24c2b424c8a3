/** The methods of Python's `list` and `tuple`. */
import type { PyValue } from '../../python/value.ts';
import { lookupFault, typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { asIndex, bind, clamp } from './call-arguments.ts';
import type { Method, Runtime } from './runtime.ts';
import { listOf } from './sequences.ts';
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

/** By name. */
export const TUPLE_METHODS: ReadonlyMap<string, Method<readonly PyValue[]>> = new Map(itemMethods);

/** By name. */
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
      if (call.args.length > 0) throw typeFault('sort() takes no positional arguments');
      const [key = null, reverse = false] = bind('sort', call, 'key reverse');
      if (key !== null) throw unsupportedFault('list.sort(key=...)');
      const sorted = sortValues([...self], (item) => item, runtime.truthy(reverse), runtime);
      for (const [at, item] of sorted.entries()) self[at] = item;
      return null;
    },
  ],
]);
