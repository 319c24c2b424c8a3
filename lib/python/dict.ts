/** Dict keys as Python tells them apart: `1`, `1.0` and `True` are one, tuples go by their items. */
import { PyTypeError } from './exceptions.ts';
import { type PyDict, PyOpaque, PyTuple, type PyValue, typeName } from './value.ts';

/**
 * A text that is the same for two values exactly where Python takes them for the same dict key: `1`, `1.0` and `True`
 * are one key.
 * @throws PyTypeError for lists and dicts, which cannot be keys
 */
export function hashKey(value: PyValue): string {
  if (typeof value === 'string') return `s${value.length}:${value}`;
  if (typeof value === 'boolean') return value ? 'n1' : 'n0';
  if (typeof value === 'bigint') return `n${value}`;
  if (typeof value === 'number') return `n${Number.isInteger(value) ? BigInt(value) : value}`;
  if (value === null) return 'None';
  if (value instanceof PyTuple) return `(${value.items.map(hashKey).join()})`;
  if (value instanceof PyOpaque) return `o${value.repr.length}:${value.repr}`;
  throw new PyTypeError(`unhashable type: '${typeName(value)}'`);
}

/** The other forms that a number's key can stand in a dict under. */
function otherForms(key: boolean | bigint | number): PyValue[] {
  if (typeof key === 'boolean') return [BigInt(key), Number(key)];
  const forms: PyValue[] = [];
  const float = Number(key);
  if (typeof key === 'number') {
    if (Number.isInteger(key)) forms.push(BigInt(key));
  } else if (Number.isFinite(float) && BigInt(float) === key) forms.push(float);
  if (float === 0 || float === 1) forms.push(float === 1);
  return forms;
}

/** The key as the dict has it; undefined where it has none that is equal. Constant in time but for tuples, dates and their like. */
function presentKey(dict: ReadonlyMap<PyValue, PyValue>, key: PyValue): PyValue | undefined {
  if (dict.has(key)) return key;
  if (typeof key === 'string' || key === null) return undefined;
  if (typeof key === 'boolean' || typeof key === 'bigint' || typeof key === 'number') {
    return otherForms(key).find((form) => dict.has(form));
  }
  const wanted = hashKey(key);
  for (const other of dict.keys()) {
    if ((other instanceof PyTuple || other instanceof PyOpaque) && hashKey(other) === wanted) return other;
  }
  return undefined;
}

/**
 * `dict.get(key)`; undefined where the dict has no such key.
 * @throws PyTypeError for a key that cannot be one (list, dict)
 */
export function dictGet(dict: ReadonlyMap<PyValue, PyValue>, key: PyValue): PyValue | undefined {
  const present = presentKey(dict, key);
  return present === undefined ? undefined : dict.get(present);
}

/**
 * `dict[key] = value`: an equal key that is there already keeps its form and its place.
 * @throws PyTypeError for a key that cannot be one (list, dict)
 */
export function dictSet(dict: PyDict, key: PyValue, value: PyValue): void {
  dict.set(presentKey(dict, key) ?? key, value);
}

/** Makes a dict of many pairs, each in the same time whatever its key is. */
export class KeyIndex {
  readonly #known = new Map<string, PyValue>();

  /**
   * The key that came before and is equal, else the key itself.
   * @throws PyTypeError for a key that cannot be one (list, dict)
   */
  known(key: PyValue): PyValue {
    if (typeof key === 'string' || key === null) return key;
    const hash = hashKey(key);
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    this.#known.set(hash, key);
    return key;
  }
}
