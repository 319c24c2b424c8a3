/** The methods of Python's `dict`. */
import { dictSet } from '../../python/dict.ts';
import { isDict, type PyDict, PyTuple, type PyValue } from '../../python/value.ts';
import { lookupFault, typeFault, unsupportedFault } from '../fault.ts';
import { bind } from './call-arguments.ts';
import { DictView } from './objects.ts';
import type { Method, Runtime } from './runtime.ts';
import { iterate, lookUp, remaining, spread } from './sequences.ts';

const view =
  (part: 'keys' | 'values' | 'items'): Method<PyDict> =>
  (self, call) => {
    bind(part, call, '');
    return new DictView(part, self);
  };

/** By name. */
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
    (self, call, runtime) => {
      bind('popitem', call, '');
      runtime.budget.items(self.size);
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
      if (more.length > 0) throw typeFault('update() takes at most 1 argument');
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
  if (typeof key === 'string') runtime.budget.work(key.length);
  if (key instanceof PyTuple) runtime.budget.perCharacter(dict.size);
  if (dict.size >= runtime.budget.limits.maxItems) runtime.budget.items(dict.size + 1);
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
    const [key = null, content = null] = spread(item, 2, runtime);
    pairs.push([key, content]);
  }
  return pairs;
}
