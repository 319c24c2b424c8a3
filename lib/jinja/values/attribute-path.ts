/** The `attribute` argument of filters such as `map` and `sort` (jinja2/filters.py, make_attrgetter). */
import { intFromText } from '../../python/number.ts';
import { isdigit, lower } from '../../python/text.ts';
import type { PyValue } from '../../python/value.ts';
import { subscript } from './attributes.ts';
import { Undefined, unmarked } from './objects.ts';
import type { Runtime } from './runtime.ts';

type Getter = (item: PyValue) => PyValue;

/** A text in lower case; anything else as it is. */
export function ignoringCase(value: PyValue): PyValue {
  const plain = unmarked(value);
  return typeof plain === 'string' ? lower(plain) : value;
}

const asItIs: Getter = (value) => value;

/**
 * @param path e.g. `address.lines.0`; `null` for the item itself
 * @param fallback takes the place of what is undefined; `null` for none
 */
export function attributeGetter(
  path: PyValue,
  runtime: Runtime,
  after: Getter = asItIs,
  fallback: PyValue = null,
): Getter {
  if (typeof path === 'string') runtime.budget.perCharacter(path.length);
  const parts = pathParts(path);
  return (item) => {
    let value = item;
    for (const part of parts) {
      runtime.budget.step();
      value = subscript(value, part, runtime);
      if (fallback !== null && value instanceof Undefined) value = fallback;
    }
    return after(value);
  };
}

/** For paths that may be several, separated by commas: a list of their values. */
export function attributesGetter(paths: PyValue, runtime: Runtime, after: Getter): (item: PyValue) => PyValue[] {
  if (typeof paths === 'string') runtime.budget.perCharacter(paths.length);
  const getters = (typeof paths === 'string' ? paths.split(',') : [paths]).map((path) =>
    attributeGetter(path, runtime, after),
  );
  return (item) => getters.map((get) => get(item));
}

function pathParts(path: PyValue): PyValue[] {
  if (path === null) return [];
  if (typeof path !== 'string') return [path];
  return path.split('.').map((part) => (isdigit(part) ? intFromText(part) : part));
}
