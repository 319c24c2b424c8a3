/** The syntax tree of a template; shapes follow Jinja's own (jinja2/nodes.py), as its scoping rules are stated in terms of them. */
import type { PyValue } from '../../python/value.ts';

interface Located {
  readonly line: number;
}

/** What stands in the brackets of a call; `*args` and `**kwargs` come last. */
export interface Arguments {
  readonly args: readonly Expression[];
  readonly kwargs: readonly { readonly key: string; readonly value: Expression }[];
  readonly dynArgs: Expression | null;
  readonly dynKwargs: Expression | null;
}

/** Operators between two numbers or sequences. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
/** Comparisons; several in a row make a chain. */
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'notin';

/** What has a value. */
export type Expression = Located &
  (
    | { readonly kind: 'const'; readonly value: PyValue }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'tuple' | 'list'; readonly items: readonly Expression[] }
    | { readonly kind: 'dict'; readonly pairs: readonly { readonly key: Expression; readonly value: Expression }[] }
    | {
        readonly kind: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: 'unary'; readonly operator: 'not' | '-' | '+'; readonly operand: Expression }
    | { readonly kind: 'logic'; readonly operator: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | {
        readonly kind: 'compare';
        readonly first: Expression;
        readonly rest: readonly { readonly operator: CompareOperator; readonly operand: Expression }[];
      }
    | { readonly kind: 'concat'; readonly items: readonly Expression[] }
    | {
        readonly kind: 'conditional';
        readonly test: Expression;
        readonly consequent: Expression;
        readonly otherwise: Expression | null;
      }
    | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
    | { readonly kind: 'item'; readonly object: Expression; readonly index: Expression }
    | {
        readonly kind: 'slice';
        readonly start: Expression | null;
        readonly stop: Expression | null;
        readonly step: Expression | null;
      }
    | { readonly kind: 'call'; readonly callee: Expression; readonly call: Arguments }
    | {
        readonly kind: 'filter';
        /** `null` where a block's text is filtered. */
        readonly input: Expression | null;
        readonly name: string;
        readonly call: Arguments;
      }
    | { readonly kind: 'test'; readonly input: Expression; readonly name: string; readonly call: Arguments }
  );

/** A filter with what it is given. */
export type FilterExpression = Extract<Expression, { kind: 'filter' }>;
/** A call. */
export type CallExpression = Extract<Expression, { kind: 'call' }>;

/** What `set`, `for`, `with` and macros assign to. */
export type Target = Located &
  (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'member'; readonly object: string; readonly name: string }
    | { readonly kind: 'tuple'; readonly items: readonly Target[] }
  );

/** The parameters of a macro. */
export interface MacroSignature {
  readonly params: readonly string[];
  /** Of the last parameters. */
  readonly defaults: readonly Expression[];
}

/** What stands in a template besides values. */
export type Statement = Located &
  (
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'print'; readonly value: Expression }
    | {
        readonly kind: 'if';
        readonly test: Expression;
        readonly body: readonly Statement[];
        readonly elifs: readonly {
          readonly test: Expression;
          readonly body: readonly Statement[];
          readonly line: number;
        }[];
        readonly otherwise: readonly Statement[];
      }
    | ForStatement
    | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
    | {
        readonly kind: 'setblock';
        readonly target: Target;
        readonly filter: FilterExpression | null;
        readonly body: readonly Statement[];
      }
    | {
        readonly kind: 'with';
        readonly targets: readonly Target[];
        readonly values: readonly Expression[];
        readonly body: readonly Statement[];
      }
    | ({ readonly kind: 'macro'; readonly name: string; readonly body: readonly Statement[] } & MacroSignature)
    | ({
        readonly kind: 'callblock';
        readonly call: CallExpression;
        readonly body: readonly Statement[];
      } & MacroSignature)
    | { readonly kind: 'filterblock'; readonly filter: FilterExpression; readonly body: readonly Statement[] }
  );

/** A loop. */
export interface ForStatement extends Located {
  readonly kind: 'for';
  readonly target: Target;
  readonly iterable: Expression;
  readonly filter: Expression | null;
  readonly recursive: boolean;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

/** What makes a macro: `macro`, or the body of a `call` block. */
export type MacroStatement = Extract<Statement, { kind: 'macro' | 'callblock' }>;
