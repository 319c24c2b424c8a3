/** Compiles statements to closures; scopes are opened and closed where Jinja's compiler does (jinja2/compiler.py). */
import type { PyValue } from '../../python/value.ts';
import { typeFault } from '../fault.ts';
import type { Statement } from '../syntax/nodes.ts';
import { requireDefined, typeOf, unmarked } from '../values/objects.ts';
import { compileBlockFilter, compileCall, compileExpression } from './expression.ts';
import { compileFor } from './for.ts';
import { type Evaluate, type Execute, type Frame, Output } from './frame.ts';
import { compileMacro } from './macro.ts';
import { enterScope, leaveScope, type Scope, sequence } from './scope.ts';
import { compileAssign } from './target.ts';

/** What filter and call blocks give: Jinja joins it with the text around it as it is. */
function blockText(value: PyValue): string {
  const text = unmarked(value);
  requireDefined(text);
  if (typeof text !== 'string') throw typeFault(`a block's result must be a str, not a ${typeOf(value)}`);
  return text;
}

/** Statements that run one after the other. @throws SyntaxFault */
export function compileStatements(nodes: readonly Statement[], scope: Scope): Execute {
  return sequence(nodes.map((node) => compileStatement(node, scope)));
}

function compileStatement(node: Statement, scope: Scope): Execute {
  if (node.kind === 'text') {
    const { text } = node;
    return (frame, output) => output.write(text, frame.runtime.budget);
  }
  const { line } = node;
  const execute = compileCode(node, scope);
  return (frame, output) => {
    frame.runtime.line = line;
    execute(frame, output);
  };
}

function compileCode(node: Exclude<Statement, { kind: 'text' }>, scope: Scope): Execute {
  switch (node.kind) {
    case 'print': {
      const value = compileExpression(node.value, scope);
      return (frame, output) => output.write(frame.runtime.str(value(frame)), frame.runtime.budget);
    }
    case 'if':
      return compileIf(node, scope.branch());
    case 'for':
      return compileFor(node, scope, compileStatements);
    case 'set': {
      const value = compileExpression(node.value, scope);
      const assign = compileAssign(node.target, scope);
      return (frame) => assign(frame, value(frame));
    }
    case 'setblock':
      return compileSetBlock(node, scope);
    case 'with':
      return compileWith(node, scope);
    case 'macro': {
      const macro = compileMacro(node, scope, node.name, compileStatements);
      const assign = compileAssign({ kind: 'name', name: node.name, line: node.line }, scope);
      return (frame) => assign(frame, macro(frame));
    }
    case 'callblock': {
      const call = compileCall(node.call, scope, compileMacro(node, scope, 'caller', compileStatements));
      return (frame, output) => output.write(blockText(call(frame)), frame.runtime.budget);
    }
    case 'filterblock': {
      const { body, inner, enter, leave } = compileBlock(node.body, scope, node.filter);
      const filter = compileBlockFilter(node.filter, body, inner);
      return (frame, output) => {
        enter(frame);
        output.write(blockText(filter(frame)), frame.runtime.budget);
        leave(frame);
      };
    }
  }
}

function compileIf(node: Extract<Statement, { kind: 'if' }>, scope: Scope): Execute {
  const branches = [node, ...node.elifs].map(({ test, body }) => ({
    test: compileExpression(test, scope),
    body: compileStatements(body, scope),
  }));
  const otherwise = compileStatements(node.otherwise, scope);
  return (frame, output) => {
    const taken = branches.find(({ test }) => frame.runtime.truthy(test(frame)));
    if (taken === undefined) otherwise(frame, output);
    else taken.body(frame, output);
  };
}

interface CompiledBlock {
  /** Gives the block's text. */
  readonly body: Evaluate;
  readonly inner: Scope;
  readonly enter: (frame: Frame) => void;
  readonly leave: (frame: Frame) => void;
}

/** A body in a scope of its own, whose text is caught; `filter` is evaluated in that scope too. */
function compileBlock(
  nodes: readonly Statement[],
  scope: Scope,
  filter: Extract<Statement, { kind: 'filterblock' }>['filter'] | null,
): CompiledBlock {
  const inner = scope.inner();
  inner.symbols.statements(nodes);
  if (filter !== null) inner.symbols.expression(filter);
  const run = compileStatements(nodes, inner);
  const body = (frame: Frame): PyValue => {
    const caught = new Output();
    run(frame, caught);
    return frame.runtime.made(caught.text);
  };
  return { body, inner, enter: enterScope(inner), leave: leaveScope(inner) };
}

function compileSetBlock(node: Extract<Statement, { kind: 'setblock' }>, scope: Scope): Execute {
  const { body, inner, enter, leave } = compileBlock(node.body, scope, null);
  const value = node.filter === null ? body : compileBlockFilter(node.filter, body, inner);
  const assign = compileAssign(node.target, scope);
  return (frame) => {
    enter(frame);
    assign(frame, value(frame));
    leave(frame);
  };
}

function compileWith(node: Extract<Statement, { kind: 'with' }>, scope: Scope): Execute {
  const inner = scope.inner();
  for (const target of node.targets) inner.symbols.target(target, true);
  inner.symbols.statements(node.body);
  const values = node.values.map((value) => compileExpression(value, scope));
  const assigns = node.targets.map((target) => compileAssign(target, inner));
  const body = compileStatements(node.body, inner);
  const enter = enterScope(inner);
  const leave = leaveScope(inner);
  return (frame, output) => {
    enter(frame);
    for (const [index, assign] of assigns.entries()) assign(frame, values[index]?.(frame) ?? null);
    body(frame, output);
    leave(frame);
  };
}
