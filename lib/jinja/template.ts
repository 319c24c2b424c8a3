import { PermanentError } from '../errors/errors.ts';
import type { PyValue } from '../python/value.ts';
import { type Execute, Frame, Output } from './compile/frame.ts';
import { enterScope, Scope } from './compile/scope.ts';
import { compileStatements } from './compile/statement.ts';
import { Fault, type FaultKind, kindOf, SyntaxFault } from './fault.ts';
import { FILTERS } from './filters/filters.ts';
import { TESTS } from './filters/tests.ts';
import { formatPercent } from './format/percent-format.ts';
import { formatBraces } from './format/str-format.ts';
import { Budget, type Clock, DEFAULT_LIMITS, NO_CLOCK, type TemplateLimits } from './limits.ts';
import { parseTemplate } from './syntax/parser.ts';
import { FunctionScope, Symbols } from './syntax/symbols.ts';
import { GLOBALS } from './values/globals.ts';
import { Rendering } from './values/rendering.ts';
import type { Tables } from './values/runtime.ts';

/** A template that can't be compiled or rendered; the same template and values will always fail. */
export class TemplateError extends PermanentError {
  readonly kind: FaultKind;
  /** Line of the template, from 1. */
  readonly line: number;
  constructor(kind: FaultKind, line: number, snippet: string, reason: string, cause?: unknown) {
    super('TemplateFailed', `Template line ${line}, near ${JSON.stringify(snippet)}: ${reason} (${kind})`, {
      cause,
      context: { kind, line },
    });
    this.kind = kind;
    this.line = line;
  }
}

const TABLES: Tables = { globals: GLOBALS, filters: FILTERS, tests: TESTS, formatPercent, formatBraces };

/** A template, ready to be rendered any number of times. */
export interface CompiledTemplate {
  /**
   * The template's text for these variables.
   * @param vars by name; a document's columns
   * @throws TemplateError and nothing else
   */
  render(vars: ReadonlyMap<string, PyValue>): string;
}

/**
 * Compiles a Jinja template to what Jinja 3.1.6 renders in the harness's environment (TEMPLATE-1): StrictUndefined,
 * nothing trimmed, the trailing newline kept, no escaping, and the filter `regex_replace`.
 * Rendering either gives Jinja's exact text or fails; templates share nothing and leave nothing behind, but methods such as
 * `append` do change the lists and dicts that they were given.
 * @param clock looked at while rendering; what it throws ends the rendering as a `limit`
 * @throws TemplateError
 */
export function compileTemplate(
  source: string,
  limits: Partial<TemplateLimits> = {},
  clock: Clock = NO_CLOCK,
): CompiledTemplate {
  const bounds: TemplateLimits = { ...DEFAULT_LIMITS, ...limits };
  const lines = new SourceLines(source);
  const program = lines.explain(
    () => 1,
    () => compile(source, bounds),
  );
  return {
    render(vars) {
      const runtime = new Rendering(new Budget(bounds, clock), vars, TABLES);
      return lines.explain(
        () => runtime.line,
        () => {
          // Jinja takes the variables as keywords of a method, whose own first parameter is in the way.
          if (vars.has('self')) throw new Fault('type', "a variable can't be called 'self'");
          const output = new Output();
          program(new Frame(runtime, null), output);
          return output.text;
        },
      );
    },
  };
}

function compile(source: string, limits: TemplateLimits): Execute {
  if (source.length > limits.maxTemplateChars) {
    throw new Fault('limit', `the template is longer than ${limits.maxTemplateChars} characters`);
  }
  const statements = parseTemplate(source, limits.maxDepth);
  const scope = new Scope(new Symbols(new FunctionScope(0), null));
  scope.symbols.statements(statements);
  const run = compileStatements(statements, scope);
  const enter = enterScope(scope);
  return (frame, output) => {
    enter(frame);
    run(frame, output);
  };
}

/** Turns whatever is thrown into a TemplateError that shows where. */
class SourceLines {
  readonly #source: string;
  constructor(source: string) {
    this.#source = source;
  }

  explain<T>(line: () => number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const at = error instanceof SyntaxFault ? error.line : line();
      throw new TemplateError(kindOf(error), at, this.#snippet(at), reasonOf(error), error);
    }
  }

  #snippet(line: number): string {
    return (this.#source.split(/\r\n|\r|\n/, line)[line - 1] ?? '').slice(0, 80);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return `it asks for more than there is: ${error.message}`;
  return error instanceof Error ? error.message.slice(0, 400) : String(error);
}
