/** Parses whole templates: text, `{{ }}` and statements (jinja2/parser.py). */

import { SyntaxFault } from '../fault.ts';
import { ExpressionParser, isConstantName } from './expression-parser.ts';
import { tokenize } from './lexer.ts';
import type { FilterExpression, MacroSignature, Statement, Target } from './nodes.ts';
import { TokenStream } from './token-stream.ts';

/** Statements that reach for other templates, of which there are none, or that change how everything is printed. */
const UNSUPPORTED = ['include', 'extends', 'import', 'from', 'block', 'autoescape'];

/** @throws SyntaxFault, or a Fault of kind `unsupported`. */
export function parseTemplate(source: string, maxDepth: number): Statement[] {
  return new TemplateParser(new TokenStream(tokenize(source), maxDepth)).body([]);
}

class TemplateParser extends ExpressionParser {
  /** Up to one of the closing tags, whose name is then the current token; up to the end of the template if there are none. */
  body(closing: readonly string[]): Statement[] {
    const { stream } = this;
    const statements: Statement[] = [];
    for (;;) {
      const token = stream.next();
      const { line } = token;
      if (token.type === 'data') {
        statements.push({ kind: 'text', text: token.value, line });
      } else if (token.type === 'variable_begin') {
        statements.push({ kind: 'print', value: this.tuple(), line });
        stream.expect('variable_end');
      } else if (token.type === 'block_begin') {
        if (closing.length > 0 && stream.is('name', ...closing)) return statements;
        statements.push(...stream.nested(() => this.#statement()));
        stream.expect('block_end');
      } else if (closing.length > 0) {
        throw stream.fail(`the template ends before '${closing.join("' or '")}'`, line);
      } else {
        return statements;
      }
    }
  }

  #statement(): Statement[] {
    const { stream } = this;
    const { line } = stream;
    const tag = stream.expectName();
    switch (tag) {
      case 'if':
        return [this.#if(line)];
      case 'for':
        return [this.#for(line)];
      case 'set':
        return [this.#set(line)];
      case 'with':
        return [this.#with(line)];
      case 'macro': {
        const name = this.#nameTarget();
        return [{ kind: 'macro', name, ...this.#signature(), body: this.#block('endmacro'), line }];
      }
      case 'call':
        return [this.#callBlock(line)];
      case 'filter':
        return [{ kind: 'filterblock', filter: this.#requiredFilter(), body: this.#block('endfilter'), line }];
      case 'print':
        return this.#print(line);
      default:
        if (UNSUPPORTED.includes(tag)) throw new SyntaxFault(`'{% ${tag} %}' is not supported`, line, 'unsupported');
        throw stream.fail(`unknown tag '${tag}'`, line);
    }
  }

  /** The body of a statement, with its closing tag. */
  #block(end: string): Statement[] {
    const body = this.#branch([end]);
    this.stream.next();
    return body;
  }

  #branch(closing: readonly string[]): Statement[] {
    this.stream.skipIf('operator', ':');
    this.stream.expect('block_end');
    return this.body(closing);
  }

  #if(line: number): Statement {
    const { stream } = this;
    const closing = ['elif', 'else', 'endif'];
    const test = this.tuple({ conditional: false });
    const body = this.#branch(closing);
    const elifs = [];
    for (;;) {
      const tag = stream.next();
      if (tag.value === 'elif') {
        const branchTest = this.tuple({ conditional: false });
        elifs.push({ test: branchTest, body: this.#branch(closing), line: tag.line });
        continue;
      }
      const otherwise = tag.value === 'else' ? this.#block('endif') : [];
      return { kind: 'if', test, body, elifs, otherwise, line };
    }
  }

  #for(line: number): Statement {
    const { stream } = this;
    const target = this.#target({ end: 'in' });
    stream.expect('name', 'in');
    const iterable = this.tuple({ conditional: false, end: 'recursive' });
    const filter = stream.skipIf('name', 'if') ? this.expression() : null;
    const recursive = stream.skipIf('name', 'recursive');
    const body = this.#branch(['endfor', 'else']);
    const otherwise = stream.next().value === 'else' ? this.#block('endfor') : [];
    return { kind: 'for', target, iterable, filter, recursive, body, otherwise, line };
  }

  #set(line: number): Statement {
    const target = this.#target({ members: true });
    if (this.stream.skipIf('operator', '=')) return { kind: 'set', target, value: this.tuple(), line };
    const filter = this.filters(null);
    return { kind: 'setblock', target, filter, body: this.#block('endset'), line };
  }

  #with(line: number): Statement {
    const { stream } = this;
    const targets: Target[] = [];
    const values = [];
    while (!stream.is('block_end')) {
      if (targets.length > 0) stream.expect('operator', ',');
      targets.push(this.#target({}));
      stream.expect('operator', '=');
      values.push(this.expression());
    }
    return { kind: 'with', targets, values, body: this.#block('endwith'), line };
  }

  #callBlock(line: number): Statement {
    const signature = this.stream.is('operator', '(') ? this.#signature() : { params: [], defaults: [] };
    const call = this.expression();
    if (call.kind !== 'call') throw this.stream.fail('expected a call', line);
    return { kind: 'callblock', call, ...signature, body: this.#block('endcall'), line };
  }

  #requiredFilter(): FilterExpression {
    const filter = this.filters(null, true);
    if (filter === null) throw this.stream.fail('expected a filter');
    return filter;
  }

  #print(line: number): Statement[] {
    const statements: Statement[] = [];
    while (!this.stream.is('block_end')) {
      if (statements.length > 0) this.stream.expect('operator', ',');
      statements.push({ kind: 'print', value: this.expression(), line });
    }
    return statements;
  }

  #signature(): MacroSignature {
    const { stream } = this;
    const params: string[] = [];
    const defaults = [];
    stream.expect('operator', '(');
    while (!stream.is('operator', ')')) {
      if (params.length > 0) stream.expect('operator', ',');
      params.push(this.#nameTarget());
      if (stream.skipIf('operator', '=')) defaults.push(this.expression());
      else if (defaults.length > 0) throw stream.fail('a parameter without a default follows one with a default');
    }
    stream.expect('operator', ')');
    if (new Set(params).size < params.length) throw stream.fail('a parameter is repeated');
    return { params, defaults };
  }

  #nameTarget(): string {
    const name = this.stream.expectName();
    if (isConstantName(name)) throw this.stream.fail(`can't assign to '${name}'`);
    return name;
  }

  /** Names and tuples of names; with `members`, `namespace.name` too. */
  #target(options: { end?: string; members?: boolean }): Target {
    const { stream } = this;
    const { line } = stream;
    const items: Target[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) stream.expect('operator', ',');
      if (this.isTupleEnd(options.end)) break;
      items.push(stream.nested(() => this.#singleTarget(options)));
      if (!stream.is('operator', ',')) break;
      isTuple = true;
    }
    const [first] = items;
    if (!isTuple && first !== undefined) return first;
    if (!isTuple) throw stream.fail(`expected a name, found ${stream.describe()}`);
    return { kind: 'tuple', items, line };
  }

  #singleTarget(options: { members?: boolean }): Target {
    const { stream } = this;
    const { line } = stream;
    if (stream.skipIf('operator', '(')) {
      const inner: Target = stream.is('operator', ')') ? { kind: 'tuple', items: [], line } : this.#target({});
      stream.expect('operator', ')');
      return inner;
    }
    const name = this.#nameTarget();
    if (!options.members || !stream.skipIf('operator', '.')) return { kind: 'name', name, line };
    return { kind: 'member', object: name, name: stream.expectName(), line };
  }
}
