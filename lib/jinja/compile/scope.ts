import type { PyValue } from '../../python/value.ts';
import { Fault } from '../fault.ts';
import type { Statement } from '../syntax/nodes.ts';
import { FunctionScope, type Ref, Symbols } from '../syntax/symbols.ts';
import type { Execute, Frame } from './frame.ts';

/** Where in the template's scopes code is compiled. */
export class Scope {
  readonly symbols: Symbols;
  /** Inside a branch that may not run, where Jinja puts up with filters and tests that do not exist. */
  readonly soft: boolean;
  constructor(symbols: Symbols, soft = false) {
    this.symbols = symbols;
    this.soft = soft;
  }

  get function(): FunctionScope {
    return this.symbols.scope;
  }

  /** A scope inside, within the same function. */
  inner(): Scope {
    return new Scope(new Symbols(this.function, this.symbols));
  }

  /** A scope inside, in a function of its own. */
  innerFunction(): Scope {
    return new Scope(new Symbols(new FunctionScope(this.function.depth + 1), this.symbols));
  }

  /** A sibling of this scope, within the same function. */
  sibling(): Scope {
    return new Scope(new Symbols(this.function, this.symbols.parent));
  }

  /** A sibling of this scope, in a function of its own. */
  siblingFunction(): Scope {
    return new Scope(new Symbols(new FunctionScope(this.function.depth + 1), this.symbols.parent));
  }

  branch(): Scope {
    return this.soft ? this : new Scope(this.symbols, true);
  }

  ref(name: string): Ref {
    const ref = this.symbols.find(name);
    // Jinja, too, fails to compile names in the filters of `{% set %}` blocks.
    if (ref === null) throw new Fault('unsupported', `the name '${name}' can't be used here`);
    return ref;
  }
}

/** Code that sets up a scope's variables when it is entered, by its symbols as analysed so far. */
export function enterScope(scope: Scope): (frame: Frame) => void {
  const steps = scope.symbols.loads().flatMap(({ ref, load }): ((frame: Frame) => void)[] => {
    const { index } = ref;
    if (load.from === 'parameter') return [];
    if (load.from === 'document') {
      return [
        (frame) => {
          frame.slots[index] = frame.runtime.resolve(load.name);
        },
      ];
    }
    if (load.from === 'outer') {
      const read = readRef(load.ref, scope);
      return [
        (frame) => {
          frame.slots[index] = read(frame);
        },
      ];
    }
    return [
      (frame) => {
        frame.slots[index] = undefined;
      },
    ];
  });
  return (frame) => {
    for (const step of steps) step(frame);
  };
}

/** Code that forgets a scope's variables when it is left. */
export function leaveScope(scope: Scope): (frame: Frame) => void {
  const indexes = scope.symbols.loads().map(({ ref }) => ref.index);
  return (frame) => {
    for (const index of indexes) frame.slots[index] = undefined;
  };
}

/** Code that reads a variable; `undefined` where nothing is stored. */
export function readRef(ref: Ref, scope: Scope): (frame: Frame) => PyValue | undefined {
  const { index } = ref;
  const hops = scope.function.depth - ref.scope.depth;
  if (hops === 0) return (frame) => frame.slots[index];
  if (hops === 1) return (frame) => frame.outer?.slots[index];
  return (frame) => outerFrame(frame, hops)?.slots[index];
}

function outerFrame(frame: Frame, hops: number): Frame | null {
  let found: Frame | null = frame;
  for (let i = 0; i < hops && found !== null; i++) found = found.outer;
  return found;
}

/** Runs statements one after the other. */
export function sequence(steps: readonly Execute[]): Execute {
  const [first, ...rest] = steps;
  if (first === undefined) return () => {};
  if (rest.length === 0) return first;
  return (frame, output) => {
    for (const step of steps) step(frame, output);
  };
}

/** Compiles a body; loops and macros are given it by the statements that hold them. */
export type CompileBody = (nodes: readonly Statement[], scope: Scope) => Execute;
