/** Filters that compare items: sorting, grouping, smallest and largest. */
import { hashKey } from '../../python/dict.ts';
import { isDict, PyTuple, type PyValue } from '../../python/value.ts';
import { typeFault, valueFault } from '../fault.ts';
import { attributeGetter, attributesGetter, ignoringCase } from '../values/attribute-path.ts';
import { GroupTuple, OneShot, requireDefined, Undefined, unmarked } from '../values/objects.ts';
import type { Runtime, TemplateFilter } from '../values/runtime.ts';
import { iterate, listOf, remaining } from '../values/sequences.ts';
import { sortValues } from '../values/sorting.ts';
import { filter } from './filter.ts';

function casing(caseSensitive: PyValue, runtime: Runtime): ((value: PyValue) => PyValue) | undefined {
  return runtime.truthy(caseSensitive) ? undefined : ignoringCase;
}

function extreme(name: string, better: (order: number) => boolean): [string, TemplateFilter] {
  return filter(name, 'case_sensitive attribute', (value, [caseSensitive = false, attribute = null], runtime) => {
    const key = attributeGetter(attribute, runtime, casing(caseSensitive, runtime));
    let best: { item: PyValue; key: PyValue } | undefined;
    for (const item of remaining(iterate(value, runtime))) {
      const candidate = { item, key: key(item) };
      if (best === undefined || better(runtime.compare(candidate.key, best.key))) best = candidate;
    }
    return best === undefined ? new Undefined('no aggregated item, the sequence was empty') : best.item;
  });
}

function* uniqueItems(value: PyValue, key: (item: PyValue) => PyValue, runtime: Runtime): Generator<PyValue, void> {
  const seen = new Set<string>();
  for (const item of remaining(iterate(value, runtime))) {
    const unhashed = unmarked(key(item));
    runtime.requireHashable(unhashed);
    if (typeof unhashed === 'string') runtime.budget.text(unhashed.length);
    const hash = hashKey(unhashed);
    if (seen.has(hash)) continue;
    seen.add(hash);
    yield item;
  }
}

/** By name. */
export const SORT_FILTERS: [string, TemplateFilter][] = [
  extreme('min', (order) => order < 0),
  extreme('max', (order) => order > 0),
  filter(
    'sort',
    'reverse case_sensitive attribute',
    (value, [reverse = false, caseSensitive = false, paths = null], runtime) => {
      const key = attributesGetter(paths, runtime, casing(caseSensitive, runtime) ?? ((item) => item));
      return sortValues(listOf(value, runtime), key, runtime.truthy(reverse), runtime);
    },
  ),
  filter(
    'dictsort',
    'case_sensitive by reverse',
    (value, [caseSensitive = false, by = 'key', reverse = false], runtime) => {
      requireDefined(value);
      if (by !== 'key' && by !== 'value') throw valueFault("dictsort is by 'key' or by 'value'");
      if (!isDict(value)) throw typeFault('dictsort needs a dict');
      const after = casing(caseSensitive, runtime) ?? ((item: PyValue) => item);
      runtime.budget.items(value.size);
      const pairs = [...value].map((pair): PyValue => new PyTuple(pair));
      const at = by === 'key' ? 0 : 1;
      const key = (pair: PyValue) => after(pair instanceof PyTuple ? (pair.items[at] ?? null) : null);
      return sortValues(pairs, key, runtime.truthy(reverse), runtime);
    },
  ),
  filter('unique', 'case_sensitive attribute', (value, [caseSensitive = false, attribute = null], runtime) => {
    const key = attributeGetter(attribute, runtime, casing(caseSensitive, runtime));
    return new OneShot(uniqueItems(value, key, runtime));
  }),
  filter(
    'groupby',
    '*attribute default case_sensitive',
    (value, [attribute = null, fallback = null, caseSensitive = false], runtime) => {
      const key = attributeGetter(attribute, runtime, casing(caseSensitive, runtime), fallback);
      const name = attributeGetter(attribute, runtime, undefined, fallback);
      const groups: { key: PyValue; items: PyValue[] }[] = [];
      for (const item of sortValues(listOf(value, runtime), key, false, runtime)) {
        const itemKey = key(item);
        const last = groups.at(-1);
        if (last !== undefined && runtime.equals(last.key, itemKey)) last.items.push(item);
        else groups.push({ key: itemKey, items: [item] });
      }
      return groups.map(({ items }) => new GroupTuple(name(items[0] ?? null), items));
    },
  ),
];
