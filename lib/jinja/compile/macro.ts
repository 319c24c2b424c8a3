/** Compiles macros and `{% call %}` blocks (jinja2/compiler.py, macro_body; jinja2/runtime.py, Macro). */
import { repr } from '../../python/repr.ts';
import { PyTuple, type PyValue } from '../../python/value.ts';
import { SyntaxFault, typeFault } from '../fault.ts';
import { readsName } from '../syntax/names.ts';
import type { MacroStatement } from '../syntax/nodes.ts';
import type { CallArguments } from '../values/call-arguments.ts';
import { Callable, Undefined } from '../values/objects.ts';
import { compileExpression } from './expression.ts';
import { type Evaluate, Frame, Output } from './frame.ts';
import { type CompileBody, enterScope, type Scope } from './scope.ts';

interface MacroPlan {
  readonly name: string;
  readonly params: readonly string[];
  /** Whether the body reads `caller`, `kwargs`, `varargs` without having them as parameters. */
  readonly caller: boolean;
  readonly kwargs: boolean;
  readonly varargs: boolean;
}

/** Code that makes the macro, a function over the frame it is defined in. */
export function compileMacro(node: MacroStatement, outer: Scope, name: string, compileBody: CompileBody): Evaluate {
  const scope = outer.innerFunction();
  const { symbols } = scope;
  const { params, defaults, body } = node;
  const reads = (special: string) => readsName(body, special);
  if (reads('caller') && params.includes('caller') && params.indexOf('caller') < params.length - defaults.length) {
    throw new SyntaxFault("a macro's parameter 'caller' needs a default", node.line);
  }
  const special = (word: string) => reads(word) && !params.includes(word);
  const plan: MacroPlan = {
    name,
    params,
    caller: reads('caller'),
    kwargs: special('kwargs'),
    varargs: special('varargs'),
  };
  const slots = params.map((param) => symbols.declareParameter(param).index);
  for (const word of ['caller', 'kwargs', 'varargs'])
    if (special(word)) slots.push(symbols.declareParameter(word).index);
  for (const value of defaults) symbols.expression(value);
  symbols.statements(body);

  const fallbacks = params.map((param, index): Evaluate => {
    const value = defaults[index - (params.length - defaults.length)];
    if (value === undefined) return () => new Undefined(`parameter '${param}' was not provided`);
    return compileExpression(value, scope);
  });
  const run = compileBody(body, scope);
  const enter = enterScope(scope);

  return (defining) => {
    return new Macro(plan, (call, runtime) =>
      runtime.budget.nested(() => {
        const frame = new Frame(runtime, defining);
        const values = spread(plan, call);
        for (const [index, slot] of slots.entries()) frame.slots[slot] = values[index];
        enter(frame);
        for (const [index, fallback] of fallbacks.entries()) {
          const slot = slots[index];
          if (slot !== undefined && frame.slots[slot] === undefined) frame.slots[slot] = fallback(frame);
        }
        const output = new Output();
        run(frame, output);
        return runtime.made(output.text);
      }),
    );
  };
}

/** A macro as a template's value. */
class Macro extends Callable {
  override readonly hasPythonAttributes = false;
  readonly #plan: MacroPlan;
  constructor(plan: MacroPlan, call: Callable['call']) {
    super(plan.name, call, 'Macro', `<Macro ${repr(plan.name)}>`);
    this.#plan = plan;
  }

  override attribute(name: string): PyValue | undefined {
    const { params, caller, kwargs, varargs } = this.#plan;
    switch (name) {
      case 'name':
        return this.#plan.name;
      case 'arguments':
        return new PyTuple(params);
      case 'caller':
        return caller;
      case 'explicit_caller':
        return params.includes('caller');
      case 'catch_kwargs':
        return kwargs;
      case 'catch_varargs':
        return varargs;
      default:
        return undefined;
    }
  }
}

/** The values of the parameters, then of the special ones that the body reads; `undefined` where none was given. */
function spread(plan: MacroPlan, call: CallArguments): (PyValue | undefined)[] {
  const { name, params } = plan;
  const keywords = new Map(call.kwargs);
  const take = (key: string) => {
    const value = keywords.get(key);
    keywords.delete(key);
    return value;
  };
  const given = call.args.slice(0, params.length);
  const values: (PyValue | undefined)[] = [...given, ...params.slice(given.length).map(take)];
  if (plan.caller && !params.includes('caller')) values.push(take('caller') ?? new Undefined('No caller defined'));
  if (plan.kwargs) values.push(new Map<PyValue, PyValue>(keywords));
  else if (keywords.size > 0) throw typeFault(`macro '${name}' takes no keyword argument '${[...keywords.keys()][0]}'`);
  if (plan.varargs) values.push(new PyTuple(call.args.slice(params.length)));
  else if (call.args.length > params.length)
    throw typeFault(`macro '${name}' takes not more than ${params.length} arguments`);
  return values;
}
