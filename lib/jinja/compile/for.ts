/** Compiles `for` loops (jinja2/compiler.py, visit_For). */
import type { PyValue } from '../../python/value.ts';
import { SyntaxFault, typeFault } from '../fault.ts';
import { readsName } from '../syntax/names.ts';
import type { ForStatement, Statement, Target } from '../syntax/nodes.ts';
import { LoopContext } from '../values/loop-context.ts';
import { iterate, lengthOf, remaining } from '../values/sequences.ts';
import { compileExpression } from './expression.ts';
import { type Evaluate, type Execute, Frame, Output } from './frame.ts';
import { type CompileBody, enterScope, leaveScope, type Scope } from './scope.ts';
import { compileAssign } from './target.ts';

/** Runs the loop over the items; the frame is the one its variables are in. */
type RunLoop = (frame: Frame, output: Output, iterable: PyValue, depth0: number) => void;

/** A `for` block with its filter, `else` and `recursive`. @throws SyntaxFault where it assigns to `loop` */
export function compileFor(node: ForStatement, scope: Scope, compileBody: CompileBody): Execute {
  if (assignsLoop(node.target) || storesLoop(node.body)) {
    throw new SyntaxFault("'loop' can't be assigned to inside a for loop", node.line);
  }
  const iterable = compileExpression(node.iterable, scope);
  if (!node.recursive) {
    const run = compileLoop(node, scope.inner(), compileBody, null);
    return (frame, output) => run(frame, output, iterable(frame), 0);
  }
  const body: { run: RunLoop } = { run: () => {} };
  const recurse = (frame: Frame, items: PyValue, depth0: number): string =>
    frame.runtime.budget.nested(() => {
      const caught = new Output();
      body.run(new Frame(frame.runtime, frame), caught, items, depth0);
      return frame.runtime.made(caught.text);
    });
  body.run = compileLoop(node, scope.innerFunction(), compileBody, recurse);
  return (frame, output) => output.write(recurse(frame, iterable(frame), 0), frame.runtime.budget);
}

/** @param recurse given the frame outside the loop; for recursive loops only */
function compileLoop(
  node: ForStatement,
  loopScope: Scope,
  compileBody: CompileBody,
  recurse: ((frame: Frame, items: PyValue, depth0: number) => string) | null,
): RunLoop {
  const { symbols } = loopScope;
  const loopIndex = recurse !== null || readsName(node.body, 'loop') ? symbols.declareParameter('loop').index : null;
  symbols.target(node.target, true);
  symbols.statements(node.body);
  const elseScope = loopScope.sibling();
  elseScope.symbols.statements(node.otherwise);
  const filter = compileLoopFilter(node, loopScope);
  const assign = compileAssign(node.target, loopScope);
  const body = compileBody(node.body, loopScope);
  const enter = enterScope(loopScope);
  const leave = leaveScope(loopScope);
  const otherwise = compileBody(node.otherwise, elseScope);
  const enterElse = enterScope(elseScope);
  const leaveElse = leaveScope(elseScope);

  return (frame, output, iterable, depth0) => {
    const { runtime } = frame;
    if (loopIndex !== null) frame.slots[loopIndex] = undefined;
    const known = () => {
      if (filter !== null) throw typeFault('a filtered loop has no known length');
      return Number(lengthOf(iterable, runtime));
    };
    const items = filter === null ? iterate(iterable, runtime) : filter(frame, iterable);
    const again =
      recurse === null ? null : (more: PyValue, depth: number) => recurse(frame.outer ?? frame, more, depth);
    const loop = new LoopContext(items, known, again, depth0);
    let empty = true;
    for (let item = loop.advance(); item !== undefined; item = loop.advance()) {
      runtime.budget.step();
      if (loopIndex !== null) frame.slots[loopIndex] = loop;
      assign(frame, item);
      enter(frame);
      body(frame, output);
      empty = false;
    }
    leave(frame);
    if (!empty) return;
    enterElse(frame);
    otherwise(frame, output);
    leaveElse(frame);
  };
}

/** `for ... if test`: Jinja runs the test in a generator of its own, over a scope of its own. */
function compileLoopFilter(
  node: ForStatement,
  loopScope: Scope,
): ((frame: Frame, iterable: PyValue) => Iterator<PyValue>) | null {
  if (node.filter === null) return null;
  const scope = loopScope.siblingFunction();
  scope.symbols.target(node.target, true);
  scope.symbols.expression(node.filter);
  const test: Evaluate = compileExpression(node.filter, scope);
  const assign = compileAssign(node.target, scope);
  const enter = enterScope(scope);
  return function* filterItems(frame, iterable) {
    const inner = new Frame(frame.runtime, frame);
    enter(inner);
    for (const item of remaining(iterate(iterable, frame.runtime))) {
      assign(inner, item);
      if (frame.runtime.truthy(test(inner))) yield item;
    }
  };
}

function assignsLoop(target: Target): boolean {
  if (target.kind === 'tuple') return target.items.some(assignsLoop);
  return target.kind === 'name' && target.name === 'loop';
}

function storesLoop(nodes: readonly Statement[]): boolean {
  return nodes.some((node) => {
    switch (node.kind) {
      case 'set':
      case 'setblock':
        return assignsLoop(node.target) || (node.kind === 'setblock' && storesLoop(node.body));
      case 'for':
        return assignsLoop(node.target) || storesLoop(node.body) || storesLoop(node.otherwise);
      case 'if':
        return [node, ...node.elifs].some(({ body }) => storesLoop(body)) || storesLoop(node.otherwise);
      case 'with':
      case 'macro':
      case 'callblock':
      case 'filterblock':
        return storesLoop(node.body);
      default:
        return false;
    }
  });
}
