/** Parses expressions, with the precedences of Jinja's parser (jinja2/parser.py), which are not always Python's. */
import type { PyValue } from '../../python/value.ts';
import type { Arguments, BinaryOperator, CompareOperator, Expression, FilterExpression } from './nodes.ts';
import type { TokenStream } from './token-stream.ts';

const COMPARES = ['==', '!=', '<', '<=', '>', '>='] as const satisfies readonly CompareOperator[];
const CONSTANTS = new Map<string, PyValue>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** Whether the name is one that can't be assigned to. */
export function isConstantName(name: string): boolean {
  return CONSTANTS.has(name);
}

/** Reads expressions from the tokens of a tag, as Jinja ranks its operators. What it can't read is a SyntaxFault. */
export class ExpressionParser {
  protected readonly stream: TokenStream;

  constructor(stream: TokenStream) {
    this.stream = stream;
  }

  expression(withConditional = true): Expression {
    return this.stream.nested(() => (withConditional ? this.#conditional() : this.#or()));
  }

  /** An expression, or a tuple where commas follow. `end`: a name that ends it. */
  tuple(options: { conditional?: boolean; end?: string; parenthesised?: boolean } = {}): Expression {
    const { stream } = this;
    const items: Expression[] = [];
    let { line } = stream;
    let isTuple = false;
    for (;;) {
      if (items.length > 0) stream.expect('operator', ',');
      if (this.isTupleEnd(options.end)) break;
      items.push(this.expression(options.conditional ?? true));
      if (!stream.is('operator', ',')) break;
      isTuple = true;
      ({ line } = stream);
    }
    const [first] = items;
    if (!isTuple && first !== undefined) return first;
    if (!isTuple && !options.parenthesised) throw stream.fail(`expected an expression, found ${stream.describe()}`);
    return { kind: 'tuple', items, line };
  }

  protected isTupleEnd(end: string | undefined): boolean {
    const { stream } = this;
    return (
      stream.is('variable_end') ||
      stream.is('block_end') ||
      stream.is('operator', ')') ||
      (end !== undefined && stream.is('name', end))
    );
  }

  #conditional(): Expression {
    const { stream } = this;
    let { line } = stream;
    let result = this.#or();
    while (stream.skipIf('name', 'if')) {
      const test = this.#or();
      const otherwise = stream.skipIf('name', 'else') ? stream.nested(() => this.#conditional()) : null;
      result = { kind: 'conditional', test, consequent: result, otherwise, line };
      ({ line } = stream);
    }
    return result;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.stream.skipIf('name', 'or')) {
      left = { kind: 'logic', operator: 'or', left, right: this.#and(), line: left.line };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.stream.skipIf('name', 'and')) {
      left = { kind: 'logic', operator: 'and', left, right: this.#not(), line: left.line };
    }
    return left;
  }

  #not(): Expression {
    const { line } = this.stream;
    if (!this.stream.skipIf('name', 'not')) return this.#compare();
    return { kind: 'unary', operator: 'not', operand: this.stream.nested(() => this.#not()), line };
  }

  #compare(): Expression {
    const { stream } = this;
    const { line } = stream;
    const first = this.#sum();
    const rest: { operator: CompareOperator; operand: Expression }[] = [];
    for (;;) {
      const operator = this.#compareOperator();
      if (operator === null) break;
      rest.push({ operator, operand: this.#sum() });
    }
    return rest.length === 0 ? first : { kind: 'compare', first, rest, line };
  }

  #compareOperator(): CompareOperator | null {
    const { stream } = this;
    const operator = COMPARES.find((candidate) => stream.skipIf('operator', candidate));
    if (operator !== undefined) return operator;
    if (stream.skipIf('name', 'in')) return 'in';
    if (!stream.is('name', 'not') || !stream.nextIs('name', 'in')) return null;
    stream.next();
    stream.next();
    return 'notin';
  }

  #leftAssociative(operators: readonly BinaryOperator[], operand: () => Expression): Expression {
    const { line } = this.stream;
    let left = operand();
    for (;;) {
      const operator = operators.find((candidate) => this.stream.skipIf('operator', candidate));
      if (operator === undefined) return left;
      left = { kind: 'binary', operator, left, right: operand(), line };
    }
  }

  #sum(): Expression {
    return this.#leftAssociative(['+', '-'], () => this.#concat());
  }

  #concat(): Expression {
    const { line } = this.stream;
    const first = this.#product();
    const items = [first];
    while (this.stream.skipIf('operator', '~')) items.push(this.#product());
    return items.length === 1 ? first : { kind: 'concat', items, line };
  }

  #product(): Expression {
    return this.#leftAssociative(['*', '/', '//', '%'], () =>
      // Left to right, unlike Python's.
      this.#leftAssociative(['**'], () => this.#unary(true)),
    );
  }

  #unary(withFilters: boolean): Expression {
    const { stream } = this;
    const { line } = stream;
    const operator = (['-', '+'] as const).find((candidate) => stream.skipIf('operator', candidate));
    const node: Expression =
      operator === undefined
        ? this.#primary()
        : { kind: 'unary', operator, operand: stream.nested(() => this.#unary(false)), line };
    const whole = this.#postfix(node);
    return withFilters ? this.#filtersAndTests(whole) : whole;
  }

  #primary(): Expression {
    const { stream } = this;
    const token = stream.current;
    const { line } = token;
    if (token.type === 'name') {
      stream.next();
      const value = CONSTANTS.get(token.value);
      return value === undefined ? { kind: 'name', name: token.value, line } : { kind: 'const', value, line };
    }
    if (token.type === 'string') return { kind: 'const', value: this.#strings(), line };
    if (token.type === 'integer' || token.type === 'float') {
      stream.next();
      return { kind: 'const', value: token.value, line };
    }
    if (stream.skipIf('operator', '(')) {
      const inner = this.tuple({ parenthesised: true });
      stream.expect('operator', ')');
      return inner;
    }
    if (stream.skipIf('operator', '[')) {
      return { kind: 'list', items: this.#sequence(']', () => this.expression()), line };
    }
    if (stream.skipIf('operator', '{')) return { kind: 'dict', pairs: this.#sequence('}', () => this.#pair()), line };
    throw stream.fail(`unexpected ${stream.describe()}`);
  }

  #strings(): string {
    let text = '';
    while (this.stream.is('string')) text += String(this.stream.next().value);
    return text;
  }

  #sequence<T>(end: string, item: () => T): T[] {
    const { stream } = this;
    const items: T[] = [];
    while (!stream.is('operator', end)) {
      if (items.length > 0) stream.expect('operator', ',');
      if (stream.is('operator', end)) break;
      items.push(item());
    }
    stream.expect('operator', end);
    return items;
  }

  #pair(): { key: Expression; value: Expression } {
    const key = this.expression();
    this.stream.expect('operator', ':');
    return { key, value: this.expression() };
  }

  #postfix(node: Expression): Expression {
    const { stream } = this;
    let result = node;
    for (;;) {
      const { line } = stream;
      if (stream.skipIf('operator', '.')) result = this.#member(result, line);
      else if (stream.skipIf('operator', '[')) result = this.#item(result, line);
      else if (stream.is('operator', '(')) result = { kind: 'call', callee: result, call: this.#arguments(), line };
      else return result;
    }
  }

  #member(object: Expression, line: number): Expression {
    const token = this.stream.next();
    if (token.type === 'name') return { kind: 'attribute', object, name: token.value, line };
    if (token.type !== 'integer') throw this.stream.fail('expected a name or a number after the dot', token.line);
    return { kind: 'item', object, index: { kind: 'const', value: token.value, line }, line };
  }

  #item(object: Expression, line: number): Expression {
    const { stream } = this;
    const items: Expression[] = [];
    while (!stream.is('operator', ']')) {
      if (items.length > 0) stream.expect('operator', ',');
      items.push(this.#subscript());
    }
    stream.expect('operator', ']');
    const [first] = items;
    const index: Expression = items.length === 1 && first !== undefined ? first : { kind: 'tuple', items, line };
    return { kind: 'item', object, index, line };
  }

  #subscript(): Expression {
    const { stream } = this;
    const { line } = stream;
    const start = stream.is('operator', ':') ? null : this.expression();
    if (!stream.skipIf('operator', ':')) {
      if (start === null) throw stream.fail('expected a subscript');
      return start;
    }
    const stop = stream.is('operator', ':', ']', ',') ? null : this.expression();
    const step = stream.skipIf('operator', ':') && !stream.is('operator', ']', ',') ? this.expression() : null;
    return { kind: 'slice', start, stop, step, line };
  }

  #filtersAndTests(node: Expression): Expression {
    const { stream } = this;
    let result = node;
    for (;;) {
      const { line } = stream;
      if (stream.is('operator', '|')) result = this.filters(result) ?? result;
      else if (stream.skipIf('name', 'is')) result = this.#test(result, line);
      else if (stream.is('operator', '(')) result = { kind: 'call', callee: result, call: this.#arguments(), line };
      else return result;
    }
  }

  /** `|name(...)|name...`; `inline`: the first one comes without its bar, as in `{% filter %}`. */
  protected filters(input: Expression | null, inline = false): FilterExpression | null {
    const { stream } = this;
    let result: FilterExpression | null = null;
    let bare = inline;
    while (bare || stream.skipIf('operator', '|')) {
      bare = false;
      const { line } = stream;
      const name = this.#dottedName();
      const call = stream.is('operator', '(') ? this.#arguments() : noArguments();
      result = { kind: 'filter', input: result ?? input, name, call, line };
    }
    return result;
  }

  #test(input: Expression, line: number): Expression {
    const { stream } = this;
    const negated = stream.skipIf('name', 'not');
    const name = this.#dottedName();
    const test: Expression = { kind: 'test', input, name, call: this.#testArguments(), line };
    return negated ? { kind: 'unary', operator: 'not', operand: test, line } : test;
  }

  #testArguments(): Arguments {
    const { stream } = this;
    if (stream.is('operator', '(')) return this.#arguments();
    const bare =
      ['name', 'string', 'integer', 'float'].includes(stream.current.type) || stream.is('operator', '[', '{');
    if (!bare || stream.is('name', 'else', 'or', 'and')) return noArguments();
    if (stream.is('name', 'is')) throw stream.fail("tests can't be chained with 'is'");
    return { ...noArguments(), args: [this.#postfix(this.#primary())] };
  }

  #dottedName(): string {
    let name = this.stream.expectName();
    while (this.stream.skipIf('operator', '.')) name += `.${this.stream.expectName()}`;
    return name;
  }

  #arguments(): Arguments {
    const { stream } = this;
    const { line } = stream.expect('operator', '(');
    const args: Expression[] = [];
    const kwargs: { key: string; value: Expression }[] = [];
    let dynArgs: Expression | null = null;
    let dynKwargs: Expression | null = null;
    const ensure = (allowed: boolean) => {
      if (!allowed) throw stream.fail('arguments of a call are in a wrong order', line);
    };
    for (let first = true; !stream.is('operator', ')'); first = false) {
      if (!first) {
        stream.expect('operator', ',');
        if (stream.is('operator', ')')) break;
      }
      if (stream.skipIf('operator', '*')) {
        ensure(dynArgs === null && dynKwargs === null);
        dynArgs = this.expression();
      } else if (stream.skipIf('operator', '**')) {
        ensure(dynKwargs === null);
        dynKwargs = this.expression();
      } else if (stream.is('name') && stream.nextIs('operator', '=')) {
        ensure(dynKwargs === null);
        const key = stream.expectName();
        stream.next();
        kwargs.push({ key, value: this.expression() });
      } else {
        ensure(dynArgs === null && dynKwargs === null && kwargs.length === 0);
        args.push(this.expression());
      }
    }
    stream.expect('operator', ')');
    if (new Set(kwargs.map(({ key }) => key)).size < kwargs.length) {
      throw stream.fail('a keyword argument is repeated', line);
    }
    return { args, kwargs, dynArgs, dynKwargs };
  }
}

function noArguments(): Arguments {
  return { args: [], kwargs: [], dynArgs: null, dynKwargs: null };
}
