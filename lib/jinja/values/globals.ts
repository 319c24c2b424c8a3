/** What templates can call by name: Jinja's default globals (jinja2/defaults.py). */
import { type PyDict, PyTuple, type PyValue } from '../../python/value.ts';
import { typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { asIndex, bind, type CallArguments } from './call-arguments.ts';
import { pairsOf, setKey } from './dict-methods.ts';
import { Callable, Namespace, Range, requireDefined, TemplateObject, typeOf } from './objects.ts';
import type { Runtime } from './runtime.ts';

function makeRange({ args, kwargs }: CallArguments): PyValue {
  if (kwargs.size > 0 || args.length === 0 || args.length > 3) throw typeFault('range() takes one to three arguments');
  for (const arg of args) requireDefined(arg);
  const [first = 0n, second, step = 1n] = args.map((arg) => asIndex(arg, "range()'s argument"));
  if (step === 0n) throw valueFault('range() arg 3 must not be zero');
  return second === undefined ? new Range(0n, first, step) : new Range(first, second, step);
}

function makeDict({ args, kwargs }: CallArguments, runtime: Runtime): PyDict {
  const [source, ...more] = args;
  if (more.length > 0) throw typeFault('dict() takes at most one argument');
  const dict: PyDict = new Map();
  if (source instanceof Namespace) throw typeFault('a Namespace is no mapping');
  if (source !== undefined) for (const [key, value] of pairsOf(source, runtime)) setKey(dict, key, value, runtime);
  for (const [key, value] of kwargs) dict.set(key, value);
  return dict;
}

function makeNamespace(call: CallArguments, runtime: Runtime): Namespace {
  const attributes = new Map<string, PyValue>();
  for (const [key, value] of makeDict(call, runtime)) {
    if (typeof key !== 'string') throw unsupportedFault(`a ${typeOf(key)} as a namespace's attribute`);
    attributes.set(key, value);
  }
  return new Namespace(attributes);
}

/** `cycler(...)`: gives its items in turn. */
class Cycler extends TemplateObject {
  override readonly type = 'Cycler';
  override readonly hasPythonAttributes = false;
  readonly #items: readonly PyValue[];
  #position = 0;

  constructor(items: readonly PyValue[]) {
    super();
    this.#items = items;
    if (items.length === 0) throw valueFault('at least one item has to be provided');
  }

  override attribute(name: string): PyValue | undefined {
    switch (name) {
      case 'current':
        return this.#items[this.#position];
      case 'next':
        return new Callable('next', () => this.#next(), 'method');
      case 'reset':
        return new Callable('reset', () => this.#reset(), 'method');
      case 'items':
        return new PyTuple(this.#items);
      case 'pos':
        return BigInt(this.#position);
      default:
        return undefined;
    }
  }

  #next(): PyValue {
    const item = this.#items[this.#position] ?? null;
    this.#position = (this.#position + 1) % this.#items.length;
    return item;
  }

  #reset(): null {
    this.#position = 0;
    return null;
  }
}

/** `joiner(...)`: nothing the first time it is called, then its separator. */
function makeJoiner(call: CallArguments): Callable {
  const [separator = ', '] = bind('joiner', call, 'sep');
  let used = false;
  return new Callable(
    'joiner',
    (joined) => {
      bind('joiner', joined, '');
      if (used) return separator;
      used = true;
      return '';
    },
    'Joiner',
  );
}

const CLASSES: Record<string, string> = {
  range: "<class 'range'>",
  dict: "<class 'dict'>",
  namespace: "<class 'jinja2.utils.Namespace'>",
  cycler: "<class 'jinja2.utils.Cycler'>",
  joiner: "<class 'jinja2.utils.Joiner'>",
};

const FUNCTIONS: Record<string, Callable['call']> = {
  range: makeRange,
  dict: makeDict,
  namespace: makeNamespace,
  cycler: ({ args, kwargs }) => {
    if (kwargs.size > 0) throw typeFault('cycler() takes no keyword arguments');
    return new Cycler(args);
  },
  joiner: makeJoiner,
  lipsum: () => {
    throw unsupportedFault('lipsum(), whose text is random');
  },
};

/** By name; the document's columns come before them. */
export const GLOBALS: ReadonlyMap<string, PyValue> = new Map(
  Object.entries(FUNCTIONS).map(([name, call]) => [name, new Callable(name, call, 'function', CLASSES[name])]),
);
