import { PyTuple, type PyValue } from '../../python/value.ts';
import { attempt, typeFault } from '../fault.ts';
import type { CallArguments } from './call-arguments.ts';
import { Callable, TemplateObject, Undefined } from './objects.ts';
import type { Runtime } from './runtime.ts';

/** The `loop` variable (jinja2/runtime.py, LoopContext); it looks ahead in the iterator only when asked to. */
export class LoopContext extends TemplateObject {
  override readonly type = 'LoopContext';
  override readonly hasPythonAttributes = false;
  readonly #iterator: Iterator<PyValue, unknown>;
  readonly #known: () => number;
  readonly #recurse: ((iterable: PyValue, depth0: number) => string) | null;
  readonly #depth0: number;
  #index0 = -1;
  #length: number | undefined;
  #ahead: PyValue[] = [];
  #taken = 0;
  #current: PyValue | undefined;
  #before: PyValue | undefined;
  #changed: PyValue | undefined;

  /**
   * @param known the length of what is iterated over; throws Fault `type` if it has none
   * @param recurse renders the loop's body over other items, for loops marked `recursive`
   */
  constructor(
    iterator: Iterator<PyValue, unknown>,
    known: () => number,
    recurse: ((iterable: PyValue, depth0: number) => string) | null,
    depth0: number,
  ) {
    super();
    this.#iterator = iterator;
    this.#known = known;
    this.#recurse = recurse;
    this.#depth0 = depth0;
  }

  /** The next item; `undefined` at the end. */
  advance(): PyValue | undefined {
    const item = this.#peek();
    if (item === undefined) return undefined;
    this.#taken++;
    this.#index0++;
    this.#before = this.#current;
    this.#current = item;
    return item;
  }

  #pull(): PyValue | undefined {
    const next = this.#iterator.next();
    return next.done === true ? undefined : next.value;
  }

  #peek(): PyValue | undefined {
    if (this.#taken === this.#ahead.length) {
      const item = this.#pull();
      this.#ahead = item === undefined ? [] : [item];
      this.#taken = 0;
    }
    return this.#ahead[this.#taken];
  }

  /** Items without a known length are read ahead and counted. */
  length(): number {
    this.#length ??= attempt(this.#known, ['type'], () => {
      for (let item = this.#pull(); item !== undefined; item = this.#pull()) this.#ahead.push(item);
      return this.#ahead.length - this.#taken + this.#index0 + 1;
    });
    return this.#length;
  }

  override attribute(name: string, runtime: Runtime): PyValue | undefined {
    const int = (value: number) => BigInt(value);
    switch (name) {
      case 'index':
        return int(this.#index0 + 1);
      case 'index0':
        return int(this.#index0);
      case 'revindex':
        return int(this.length() - this.#index0);
      case 'revindex0':
        return int(this.length() - this.#index0 - 1);
      case 'length':
        return int(this.length());
      case 'first':
        return this.#index0 === 0;
      case 'last':
        return this.#peek() === undefined;
      case 'depth':
        return int(this.#depth0 + 1);
      case 'depth0':
        return int(this.#depth0);
      case 'previtem':
        return this.#before === undefined ? new Undefined('there is no previous item') : this.#before;
      case 'nextitem': {
        const next = this.#peek();
        return next === undefined ? new Undefined('there is no next item') : next;
      }
      case 'cycle':
        return new Callable('cycle', (call) => this.#cycle(call), 'method');
      case 'changed':
        return new Callable('changed', (call) => this.#isChanged(call, runtime), 'method');
      default:
        return undefined;
    }
  }

  #cycle({ args }: CallArguments): PyValue {
    const item = args[this.#index0 % args.length];
    if (item === undefined) throw typeFault('loop.cycle() needs items');
    return item;
  }

  #isChanged({ args }: CallArguments, runtime: Runtime): boolean {
    const values = new PyTuple(args);
    if (this.#changed !== undefined && runtime.equals(this.#changed, values)) return false;
    this.#changed = values;
    return true;
  }

  /** `loop(items)` of a recursive loop. */
  recurse(iterable: PyValue): string {
    if (this.#recurse === null) throw typeFault("only loops marked 'recursive' can be called");
    return this.#recurse(iterable, this.#depth0 + 1);
  }

  override print(): string {
    return `<LoopContext ${this.#index0 + 1}/${this.length()}>`;
  }
}
