import type { ConfigDict } from '../../catalogue/config-value.ts';
import { withoutFunctions } from '../../catalogue/config-value.ts';
import { PyTypeError } from '../../python/exceptions.ts';
import { type Doc, isDict, PyTuple, type PyValue, typeName } from '../../python/value.ts';

/**
 * One step of a filter pipeline (lm_eval/filters): takes what came back for one instance (a list of texts at first, whatever the
 * step before left later) and the instance's document.
 * @throws PyError where the harness's filter raises
 */
export type Filter = (responses: PyValue, doc: Doc) => PyValue;

/** Makes a step from its keywords in the task's YAML. @throws PyError where the harness's constructor raises */
export type FilterMaker = (kwargs: FilterKwargs) => Filter;

/** The keywords of one step; each may be read once, and what is left over is refused as Python refuses it. */
export class FilterKwargs {
  readonly #values: Map<string, PyValue>;

  constructor(values: Iterable<readonly [string, PyValue]>) {
    this.#values = new Map(values);
  }

  /** The keywords that stand next to `function` in a step's mapping. @throws PermanentError where one is a function */
  static of(step: ConfigDict, task: string): FilterKwargs {
    const entries = [...step].filter(([key]) => key !== 'function');
    return new FilterKwargs(entries.map(([key, value]) => [String(key), withoutFunctions(value, task)] as const));
  }

  /** The keyword's value, or its default; undefined where it has none. */
  take(name: string): PyValue | undefined;
  take(name: string, fallback: PyValue): PyValue;
  take(name: string, fallback?: PyValue): PyValue | undefined {
    const value = this.#values.get(name);
    const found = this.#values.delete(name);
    return found ? value : fallback;
  }

  /** @throws PyTypeError where keywords are left that nothing took */
  end(): void {
    const [unknown] = this.#values.keys();
    if (unknown !== undefined) throw new PyTypeError(`got an unexpected keyword argument '${unknown}'`);
  }
}

/** What Python goes through in a `for` over the value: items, characters, keys. @throws PyTypeError where it can't */
export function itemsOf(value: PyValue): readonly PyValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [...value];
  if (value instanceof PyTuple) return value.items;
  if (isDict(value)) return [...value.keys()];
  throw new PyTypeError(`'${typeName(value)}' object is not iterable`);
}

/** The value as text. @throws PyTypeError where it is none */
export function asText(value: PyValue): string {
  if (typeof value === 'string') return value;
  throw new PyTypeError(`expected string or bytes-like object, got '${typeName(value)}'`);
}

/** A step that changes each response by itself. */
export function each(change: (response: PyValue, doc: Doc) => PyValue): Filter {
  return (responses, doc) => itemsOf(responses).map((response) => change(response, doc));
}
