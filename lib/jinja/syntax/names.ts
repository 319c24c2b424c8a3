/** Whether code reads a name, as Jinja looks for its special names (jinja2/compiler.py, find_undeclared). */
import type { Expression, Statement, Target } from './nodes.ts';
import { forEachName } from './symbols.ts';

/** Whether the statements read the name before they store it, in the order of the source; scopes make no difference. */
export function readsName(nodes: readonly Statement[], name: string): boolean {
  return new NameSearch(name).search(nodes);
}

class NameSearch {
  readonly #name: string;
  #result: boolean | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  search(nodes: readonly Statement[]): boolean {
    this.#statements(nodes);
    return this.#result ?? false;
  }

  #read(...nodes: (Expression | null)[]): void {
    for (const node of nodes) {
      if (node === null) continue;
      forEachName(node, (name) => {
        if (name === this.#name) this.#result ??= true;
      });
    }
  }

  #store(target: Target): void {
    if (target.kind === 'tuple') for (const item of target.items) this.#store(item);
    else if (target.kind === 'name' && target.name === this.#name) this.#result ??= false;
  }

  #params(params: readonly string[], defaults: readonly Expression[]): void {
    if (params.includes(this.#name)) this.#result ??= false;
    this.#read(...defaults);
  }

  #statements(nodes: readonly Statement[]): void {
    for (const node of nodes) if (this.#result === undefined) this.#statement(node);
  }

  #statement(node: Statement): void {
    switch (node.kind) {
      case 'text':
        break;
      case 'print':
        this.#read(node.value);
        break;
      case 'if':
        for (const { test, body } of [node, ...node.elifs]) {
          this.#read(test);
          this.#statements(body);
        }
        this.#statements(node.otherwise);
        break;
      case 'for':
        this.#store(node.target);
        this.#read(node.iterable);
        this.#statements(node.body);
        this.#statements(node.otherwise);
        this.#read(node.filter);
        break;
      case 'set':
        this.#store(node.target);
        this.#read(node.value);
        break;
      case 'setblock':
        this.#store(node.target);
        this.#read(node.filter);
        this.#statements(node.body);
        break;
      case 'with':
        for (const target of node.targets) this.#store(target);
        this.#read(...node.values);
        this.#statements(node.body);
        break;
      case 'macro':
        this.#params(node.params, node.defaults);
        this.#statements(node.body);
        break;
      case 'callblock':
        this.#read(node.call);
        this.#params(node.params, node.defaults);
        this.#statements(node.body);
        break;
      case 'filterblock':
        this.#statements(node.body);
        this.#read(node.filter);
        break;
    }
  }
}
