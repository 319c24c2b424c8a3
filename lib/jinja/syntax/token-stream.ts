import { SyntaxFault } from '../fault.ts';
import type { Token } from './lexer.ts';

/** A parser's view of the tokens: one current token, one of look-ahead. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  readonly #maxDepth: number;
  #index = 0;
  #depth = 0;

  /** @param tokens end with `eof`. */
  constructor(tokens: readonly Token[], maxDepth: number) {
    this.#tokens = tokens;
    this.#maxDepth = maxDepth;
  }

  get current(): Token {
    return this.#at(this.#index);
  }

  get line(): number {
    return this.current.line;
  }

  next(): Token {
    const token = this.current;
    this.#index++;
    return token;
  }

  #at(index: number): Token {
    const token = this.#tokens[Math.min(index, this.#tokens.length - 1)];
    if (token === undefined) throw new SyntaxFault('the template ends too early', 1);
    return token;
  }

  is(type: Token['type'], ...values: string[]): boolean {
    return matches(this.current, type, values);
  }

  /** Whether the token after the current one is this. */
  nextIs(type: Token['type'], value: string): boolean {
    return matches(this.#at(this.#index + 1), type, [value]);
  }

  skipIf(type: Token['type'], value: string): boolean {
    const found = this.is(type, value);
    if (found) this.#index++;
    return found;
  }

  expect(type: Token['type'], value?: string): Token {
    if (matches(this.current, type, value === undefined ? [] : [value])) return this.next();
    throw this.fail(
      `expected ${value === undefined ? type.replace('_', ' ') : `'${value}'`}, found ${this.describe()}`,
    );
  }

  expectName(): string {
    const token = this.expect('name');
    return String(token.value);
  }

  describe(): string {
    const { type, value } = this.current;
    if (type === 'eof') return 'the end of the template';
    return value === '' ? type.replace('_', ' ') : `'${String(value).slice(0, 40)}'`;
  }

  fail(message: string, line: number = this.line): SyntaxFault {
    return new SyntaxFault(message, line);
  }

  /** Runs a parsing rule that may contain itself. */
  nested<T>(rule: () => T): T {
    if (++this.#depth > this.#maxDepth) throw this.fail(`nested deeper than ${this.#maxDepth} levels`);
    const result = rule();
    this.#depth--;
    return result;
  }
}

function matches(token: Token, type: Token['type'], values: readonly string[]): boolean {
  return token.type === type && (values.length === 0 || values.some((value) => value === token.value));
}
