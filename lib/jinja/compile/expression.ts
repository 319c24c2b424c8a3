/** Compiles expressions to closures. */
import { type PyDict, PyTuple, type PyValue } from '../../python/value.ts';
import { SyntaxFault, typeFault } from '../fault.ts';
import { callFilter, callTest } from '../filters/filter.ts';
import { FILTERS } from '../filters/filters.ts';
import { TESTS } from '../filters/tests.ts';
import type { Arguments, CallExpression, Expression, FilterExpression } from '../syntax/nodes.ts';
import { findMethod, member, subscript } from '../values/attributes.ts';
import type { CallArguments } from '../values/call-arguments.ts';
import { setKey } from '../values/dict-methods.ts';
import { LoopContext } from '../values/loop-context.ts';
import { Callable, MissingElse, requireDefined, typeOf, Undefined } from '../values/objects.ts';
import { binary, comparison, unary } from '../values/operators.ts';
import { iterate, remaining, sliceOf } from '../values/sequences.ts';
import type { Evaluate, Frame } from './frame.ts';
import { readRef, type Scope } from './scope.ts';

/** @throws SyntaxFault for filters and tests that do not exist. */
export function compileExpression(node: Expression, scope: Scope): Evaluate {
  const compile = (child: Expression) => compileExpression(child, scope);
  switch (node.kind) {
    case 'const': {
      const { value } = node;
      return () => value;
    }
    case 'name':
      return compileName(node.name, scope);
    case 'tuple': {
      const items = node.items.map(compile);
      return (frame) => new PyTuple(items.map((item) => item(frame)));
    }
    case 'list': {
      const items = node.items.map(compile);
      return (frame) => {
        frame.runtime.budget.step();
        return items.map((item) => item(frame));
      };
    }
    case 'dict':
      return compileDict(node, scope);
    case 'binary': {
      const { operator } = node;
      const left = compile(node.left);
      const right = compile(node.right);
      return (frame) => binary(operator, left(frame), right(frame), frame.runtime);
    }
    case 'unary': {
      const operand = compile(node.operand);
      const { operator } = node;
      if (operator === 'not') return (frame) => !frame.runtime.truthy(operand(frame));
      return (frame) => unary(operator, operand(frame));
    }
    case 'logic': {
      const left = compile(node.left);
      const right = compile(node.right);
      const stopAt = node.operator === 'or';
      return (frame) => {
        const value = left(frame);
        return frame.runtime.truthy(value) === stopAt ? value : right(frame);
      };
    }
    case 'compare':
      return compileCompare(node, scope);
    case 'concat': {
      const items = node.items.map(compile);
      return (frame) =>
        frame.runtime.joined(
          items.map((item) => frame.runtime.str(item(frame))),
          '',
        );
    }
    case 'conditional':
      return compileConditional(node, scope.branch());
    case 'attribute': {
      const object = compile(node.object);
      const { name } = node;
      return (frame) => member(object(frame), name, frame.runtime);
    }
    case 'item':
      return compileItem(node, scope);
    case 'slice':
      // A slice among other subscripts: no value here takes one.
      throw new SyntaxFault('a slice can only be a subscript of its own', node.line, 'unsupported');
    case 'call':
      return compileCall(node, scope, null);
    case 'filter':
      if (node.input === null) throw new SyntaxFault('a filter without input', node.line);
      return compileFilter(node, compile(node.input), scope);
    case 'test':
      return compileTest(node, scope);
  }
}

function compileName(name: string, scope: Scope): Evaluate {
  const read = readRef(scope.ref(name), scope);
  return (frame) => {
    const value = read(frame);
    return value === undefined ? new Undefined(`'${name}' is undefined`) : value;
  };
}

function compileDict(node: Extract<Expression, { kind: 'dict' }>, scope: Scope): Evaluate {
  const pairs = node.pairs.map(({ key, value }) => ({
    key: compileExpression(key, scope),
    value: compileExpression(value, scope),
  }));
  return (frame) => {
    const dict: PyDict = new Map();
    for (const { key, value } of pairs) setKey(dict, key(frame), value(frame), frame.runtime);
    return dict;
  };
}

/** `a < b < c`: each operand is evaluated once, and none after the first comparison that fails. */
function compileCompare(node: Extract<Expression, { kind: 'compare' }>, scope: Scope): Evaluate {
  const first = compileExpression(node.first, scope);
  const rest = node.rest.map(({ operator, operand }) => ({ operator, operand: compileExpression(operand, scope) }));
  return (frame) => {
    let left = first(frame);
    for (const { operator, operand } of rest) {
      const right = operand(frame);
      if (!comparison(operator, left, right, frame.runtime)) return false;
      left = right;
    }
    return true;
  };
}

function compileConditional(node: Extract<Expression, { kind: 'conditional' }>, scope: Scope): Evaluate {
  const test = compileExpression(node.test, scope);
  const consequent = compileExpression(node.consequent, scope);
  const otherwise: Evaluate =
    node.otherwise === null ? () => new MissingElse() : compileExpression(node.otherwise, scope);
  return (frame) => (frame.runtime.truthy(test(frame)) ? consequent(frame) : otherwise(frame));
}

function compileItem(node: Extract<Expression, { kind: 'item' }>, scope: Scope): Evaluate {
  const object = compileExpression(node.object, scope);
  const { index } = node;
  if (index.kind === 'slice') {
    const bound = (child: Expression | null): Evaluate =>
      child === null ? () => null : compileExpression(child, scope);
    const [start, stop, step] = [bound(index.start), bound(index.stop), bound(index.step)];
    return (frame) => sliceOf(object(frame), [start(frame), stop(frame), step(frame)], frame.runtime);
  }
  const evaluateIndex = compileExpression(index, scope);
  return (frame) => subscript(object(frame), evaluateIndex(frame), frame.runtime);
}

/** Compiles the arguments of a call. */
function compileArguments(node: Arguments, scope: Scope): (frame: Frame) => CallArguments {
  const args = node.args.map((arg) => compileExpression(arg, scope));
  const kwargs = node.kwargs.map(({ key, value }) => ({ key, value: compileExpression(value, scope) }));
  const dynArgs = node.dynArgs === null ? null : compileExpression(node.dynArgs, scope);
  const dynKwargs = node.dynKwargs === null ? null : compileExpression(node.dynKwargs, scope);
  return (frame) => {
    const positional = args.map((arg) => arg(frame));
    const keywords = new Map<string, PyValue>();
    for (const { key, value } of kwargs) keywords.set(key, value(frame));
    if (dynArgs !== null) {
      for (const item of remaining(iterate(dynArgs(frame), frame.runtime))) positional.push(item);
    }
    if (dynKwargs !== null) addKeywords(keywords, dynKwargs(frame), frame);
    return { args: positional, kwargs: keywords };
  };
}

function addKeywords(keywords: Map<string, PyValue>, more: PyValue, { runtime }: Frame): void {
  requireDefined(more);
  if (!(more instanceof Map)) throw typeFault(`the argument after ** must be a dict, not a ${typeOf(more)}`);
  runtime.budget.items(more.size);
  for (const [key, value] of more) {
    if (typeof key !== 'string') throw typeFault('keywords must be strings');
    if (keywords.has(key)) throw typeFault(`got multiple values for keyword argument '${key}'`);
    keywords.set(key, value);
  }
}

/** @param caller makes the `caller` of a `{% call %}` block */
export function compileCall(node: CallExpression, scope: Scope, caller: Evaluate | null): Evaluate {
  const plainArguments = compileArguments(node.call, scope);
  const makeArguments =
    caller === null
      ? plainArguments
      : (frame: Frame): CallArguments => {
          const { args, kwargs } = plainArguments(frame);
          return { args, kwargs: new Map(kwargs).set('caller', caller(frame)) };
        };
  const { callee } = node;
  if (callee.kind === 'attribute') {
    // Methods are called without making a bound one first.
    const object = compileExpression(callee.object, scope);
    const { name } = callee;
    return (frame) => {
      const value = object(frame);
      const method = findMethod(value, name);
      if (method === undefined) return callValue(member(value, name, frame.runtime), makeArguments(frame), frame);
      frame.runtime.budget.step();
      return method(makeArguments(frame), frame.runtime);
    };
  }
  const evaluate = compileExpression(callee, scope);
  return (frame) => callValue(evaluate(frame), makeArguments(frame), frame);
}

function callValue(callee: PyValue, call: CallArguments, { runtime }: Frame): PyValue {
  runtime.budget.step();
  requireDefined(callee);
  if (callee instanceof Callable) return callee.call(call, runtime);
  if (callee instanceof LoopContext) {
    const [items] = call.args;
    if (items === undefined || call.args.length > 1) throw typeFault('loop() takes one argument');
    return callee.recurse(items);
  }
  throw typeFault(`a ${typeOf(callee)} can't be called`);
}

/** @param input what is filtered */
function compileFilter(node: FilterExpression, input: Evaluate, scope: Scope): Evaluate {
  const { name, line } = node;
  if (!FILTERS.has(name) && !scope.soft) throw new SyntaxFault(`no filter named '${name}'`, line);
  const makeArguments = compileArguments(node.call, scope);
  return (frame) => callFilter(name, input(frame), makeArguments(frame), frame.runtime);
}

/** The filters of a block, the innermost of which takes the block's text. */
export function compileBlockFilter(node: FilterExpression, text: Evaluate, scope: Scope): Evaluate {
  const input =
    node.input === null ? text : node.input.kind === 'filter' ? compileBlockFilter(node.input, text, scope) : text;
  return compileFilter(node, input, scope);
}

function compileTest(node: Extract<Expression, { kind: 'test' }>, scope: Scope): Evaluate {
  const { name, line } = node;
  if (!TESTS.has(name) && !scope.soft) throw new SyntaxFault(`no test named '${name}'`, line);
  const input = compileExpression(node.input, scope);
  const makeArguments = compileArguments(node.call, scope);
  return (frame) => callTest(name, input(frame), makeArguments(frame), frame.runtime);
}
