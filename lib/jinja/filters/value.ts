/** Filters on values of any kind. */
import { pyLen } from '../../python/sequence.ts';
import { compareCodePoints } from '../../python/sort.ts';
import { PyTuple, type PyValue } from '../../python/value.ts';
import { typeFault, unsupportedFault } from '../fault.ts';
import { getAttribute } from '../values/attributes.ts';
import { typeOf, Undefined } from '../values/objects.ts';
import type { TemplateFilter } from '../values/runtime.ts';
import { lengthOf } from '../values/sequences.ts';
import { filter } from './filter.ts';

const PPRINT_WIDTH = 80;

function orDefault(name: string): [string, TemplateFilter] {
  return filter(name, 'default_value boolean', (value, [fallback = '', boolean = false], runtime) => {
    if (value instanceof Undefined || (runtime.truthy(boolean) && !runtime.truthy(value))) return fallback;
    return value;
  });
}

/** `pprint` breaks what does not fit on a line, and sorts dicts by their keys. */
function pretty(value: PyValue): PyValue {
  if (Array.isArray(value)) return value.map(pretty);
  if (value instanceof PyTuple) return new PyTuple(value.items.map(pretty));
  if (value instanceof Map) {
    const keys = [...value.keys()];
    if (!keys.every((key) => typeof key === 'string'))
      throw unsupportedFault('pprint of a dict whose keys are no texts');
    return new Map(keys.sort(compareCodePoints).map((key) => [key, pretty(value.get(key) ?? null)]));
  }
  return value;
}

/** By name, with their short names. */
export const VALUE_FILTERS: [string, TemplateFilter][] = [
  orDefault('default'),
  orDefault('d'),
  filter('length', '', (value, _, runtime) => lengthOf(value, runtime)),
  filter('count', '', (value, _, runtime) => lengthOf(value, runtime)),
  filter('attr', '*name', (value, [name = null], runtime) => {
    if (typeof name !== 'string') throw typeFault(`an attribute's name must be a str, not a ${typeOf(name)}`);
    const found = getAttribute(value, name, runtime);
    return found === undefined ? new Undefined(`a ${typeOf(value)} has no attribute '${name.slice(0, 60)}'`) : found;
  }),
  filter('pprint', '', (value, _, runtime) => {
    runtime.repr(value);
    const text = runtime.repr(pretty(value));
    if (pyLen(text) > PPRINT_WIDTH) throw unsupportedFault(`pprint of more than ${PPRINT_WIDTH} characters`);
    return text;
  }),
  filter('random', '', () => {
    throw unsupportedFault("the filter 'random'");
  }),
];
