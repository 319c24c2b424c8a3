/**
 * Which variable a name means, by Jinja's rules (jinja2/idtracking.py): scopes form a chain; within one, a name that is stored
 * anywhere is that scope's own variable, which starts as the outer one's value, as the document's, or as nothing.
 */
import { limitFault } from '../fault.ts';
import type { Arguments, Expression, Statement, Target } from './nodes.ts';

/** Each branch starts with the names known so far; more than so many, over all branches, are refused. */
const MAX_BRANCH_NAMES = 300_000;

/** A function of its own in Jinja's compiled code; its variables are kept in one frame per call. */
export class FunctionScope {
  readonly depth: number;
  readonly #slots = new Map<string, number>();
  #branchNames = 0;
  constructor(depth: number) {
    this.depth = depth;
  }

  /** @throws Fault `limit` where branches and names are too many together */
  payBranch(names: number): void {
    this.#branchNames += names;
    if (this.#branchNames > MAX_BRANCH_NAMES) throw limitFault('there are too many names in too many branches');
  }

  slot(level: number, name: string): number {
    const id = `${level} ${name}`;
    const known = this.#slots.get(id);
    if (known !== undefined) return known;
    this.#slots.set(id, this.#slots.size);
    return this.#slots.size - 1;
  }
}

/** A variable. */
export interface Ref {
  readonly scope: FunctionScope;
  readonly index: number;
}

/** What a variable starts as when its scope is entered. */
export type Load =
  | { readonly from: 'parameter' | 'nothing' }
  | { readonly from: 'document'; readonly name: string }
  | { readonly from: 'outer'; readonly ref: Ref };

/** The names of one block and where each is kept, by Jinja's rules of scope. */
export class Symbols {
  readonly scope: FunctionScope;
  readonly parent: Symbols | null;
  readonly level: number;
  #refs = new Map<string, Ref>();
  #loads = new Map<string, Load>();
  #stores = new Set<string>();

  constructor(scope: FunctionScope, parent: Symbols | null) {
    this.scope = scope;
    this.parent = parent;
    this.level = parent === null ? 0 : parent.level + 1;
  }

  find(name: string): Ref | null {
    return this.#refs.get(name) ?? this.parent?.find(name) ?? null;
  }

  /** The variables to set up on entering, in order. */
  loads(): { ref: Ref; load: Load }[] {
    return [...this.#loads].flatMap(([name, load]) => {
      const ref = this.#refs.get(name);
      return ref === undefined ? [] : [{ ref, load }];
    });
  }

  declareParameter(name: string): Ref {
    this.#stores.add(name);
    return this.#define(name, { from: 'parameter' });
  }

  #define(name: string, load: Load): Ref {
    const ref = { scope: this.scope, index: this.scope.slot(this.level, name) };
    this.#refs.set(name, ref);
    this.#loads.set(name, load);
    return ref;
  }

  load(name: string): void {
    if (this.find(name) === null) this.#define(name, { from: 'document', name });
  }

  store(name: string): void {
    this.#stores.add(name);
    if (this.#refs.has(name)) return;
    const outer = this.parent?.find(name) ?? null;
    this.#define(name, outer === null ? { from: 'nothing' } : { from: 'outer', ref: outer });
  }

  #copy(): Symbols {
    this.scope.payBranch(this.#refs.size);
    const copy = new Symbols(this.scope, this.parent);
    copy.#refs = new Map(this.#refs);
    copy.#loads = new Map(this.#loads);
    copy.#stores = new Set(this.#stores);
    return copy;
  }

  /** Takes over what branches did, any of which may not run: what they store starts as the name's value outside. */
  #join(branches: readonly Symbols[]): void {
    const stored = new Set(branches.flatMap((branch) => [...branch.#stores]).filter((name) => !this.#stores.has(name)));
    for (const branch of branches) {
      for (const [name, ref] of branch.#refs) this.#refs.set(name, ref);
      for (const [name, load] of branch.#loads) this.#loads.set(name, load);
      for (const name of branch.#stores) this.#stores.add(name);
    }
    for (const name of stored) {
      const outer = this.parent?.find(name) ?? null;
      this.#loads.set(name, outer === null ? { from: 'document', name } : { from: 'outer', ref: outer });
    }
  }

  target(target: Target, asParameter: boolean): void {
    if (target.kind === 'tuple') for (const item of target.items) this.target(item, asParameter);
    else if (target.kind === 'member') this.load(target.object);
    else if (asParameter) this.declareParameter(target.name);
    else this.store(target.name);
  }

  expression(node: Expression): void {
    forEachName(node, (name) => this.load(name));
  }

  statements(nodes: readonly Statement[]): void {
    for (const node of nodes) this.#statement(node);
  }

  /** Visits what of a statement belongs to this scope; bodies with scopes of their own are left out. */
  #statement(node: Statement): void {
    switch (node.kind) {
      case 'text':
        break;
      case 'print':
        this.expression(node.value);
        break;
      case 'if': {
        this.expression(node.test);
        const body = this.#branch((symbols) => symbols.statements(node.body));
        const elifs = this.#branch((symbols) => {
          for (const { test, body: elifBody } of node.elifs) {
            symbols.expression(test);
            const branch = symbols.#branch((inner) => inner.statements(elifBody));
            symbols.#join([branch]);
          }
        });
        this.#join([body, elifs, this.#branch((symbols) => symbols.statements(node.otherwise))]);
        break;
      }
      case 'for':
        this.expression(node.iterable);
        break;
      case 'set':
        this.expression(node.value);
        this.target(node.target, false);
        break;
      case 'setblock':
        this.target(node.target, false);
        break;
      case 'with':
        for (const value of node.values) this.expression(value);
        break;
      case 'macro':
        this.store(node.name);
        break;
      case 'callblock':
        this.expression(node.call);
        break;
      case 'filterblock':
        this.expression(node.filter);
        break;
    }
  }

  #branch(visit: (symbols: Symbols) => void): Symbols {
    const copy = this.#copy();
    visit(copy);
    return copy;
  }
}

/** Calls back for every name that the expression reads. */
export function forEachName(node: Expression, visit: (name: string) => void): void {
  const each = (child: Expression | null) => {
    if (child !== null) forEachName(child, visit);
  };
  const eachArgument = (call: Arguments) => {
    for (const child of call.args) each(child);
    for (const { value } of call.kwargs) each(value);
    each(call.dynArgs);
    each(call.dynKwargs);
  };
  switch (node.kind) {
    case 'const':
      break;
    case 'name':
      visit(node.name);
      break;
    case 'tuple':
    case 'list':
    case 'concat':
      for (const item of node.items) each(item);
      break;
    case 'dict':
      for (const { key, value } of node.pairs) {
        each(key);
        each(value);
      }
      break;
    case 'binary':
    case 'logic':
      each(node.left);
      each(node.right);
      break;
    case 'unary':
      each(node.operand);
      break;
    case 'compare':
      each(node.first);
      for (const { operand } of node.rest) each(operand);
      break;
    case 'conditional':
      each(node.test);
      each(node.consequent);
      each(node.otherwise);
      break;
    case 'attribute':
      each(node.object);
      break;
    case 'item':
      each(node.object);
      each(node.index);
      break;
    case 'slice':
      each(node.start);
      each(node.stop);
      each(node.step);
      break;
    case 'call':
      each(node.callee);
      eachArgument(node.call);
      break;
    case 'filter':
    case 'test':
      each(node.input);
      eachArgument(node.call);
      break;
  }
}
