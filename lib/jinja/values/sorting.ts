import type { PyValue } from '../../python/value.ts';
import type { Runtime } from './runtime.ts';

/**
 * `sorted(items, key=key, reverse=reverse)`: stable, also in reverse.
 * @throws Fault `type` where Python can't order the keys
 */
export function sortValues(
  items: readonly PyValue[],
  key: (item: PyValue) => PyValue,
  reverse: boolean,
  runtime: Runtime,
): PyValue[] {
  const decorated = items.map((item) => ({ item, key: key(item) }));
  runtime.budget.items(items.length);
  const order = reverse ? -1 : 1;
  decorated.sort((a, b) => {
    runtime.budget.step();
    // NaN, where neither comes first, must not reach the engine's sort.
    return order * (runtime.compare(a.key, b.key) || 0);
  });
  return decorated.map(({ item }) => item);
}
