import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import type { TemplateLimits } from '../../lib/jinja/limits.ts';
import { compileTemplate, TemplateError } from '../../lib/jinja/template.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { LOCALSTACK_PYTHON } from '../../localstack/stack.ts';
import { Python } from '../helpers/python.ts';

/** Version whose renderings ours are compared with. */
const VERSION = '3.1.6';

/** Renders as the harness's environment does. What can't be printed twice the same (an address in memory) is an error. */
const CODE = `
import re
from jinja2 import Environment, StrictUndefined
env = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
env.filters["regex_replace"] = lambda string, pattern, repl, count=0: re.sub(pattern, repl, string, count=count)
class AddressPrinted(Exception): pass
def render(template, variables):
    text = env.from_string(template).render(**variables)
    if re.search(" at 0x[0-9a-f]+", text): raise AddressPrinted()
    return text
def attributes(expression):
    value = env.compile_expression(expression)()
    return [name for name in dir(value) if not name.startswith("_")]
`;

/** Python's own version, which the harness runs on in the reference; another one will do where this one has no Jinja. */
const PYTHON_VERSION = '3.11';

const REPORT = 'import jinja2, sys; print(jinja2.__version__, "%d.%d" % sys.version_info[:2])';

const candidates = ['python3', ...(existsSync(LOCALSTACK_PYTHON) ? [LOCALSTACK_PYTHON] : [])].flatMap((command) => {
  const probe = spawnSync(command, ['-c', REPORT], { encoding: 'utf8' });
  const [jinja, python] = probe.status === 0 ? probe.stdout.trim().split(' ') : [];
  return jinja === VERSION ? [{ command, python }] : [];
});
const executable = (candidates.find(({ python }) => python === PYTHON_VERSION) ?? candidates[0])?.command;

/** Whether a Python with this Jinja is there to compare with. */
export const hasJinja = executable !== undefined;
if (!hasJinja) console.warn(`Skipping the comparisons with Jinja ${VERSION}: no Python here has it.`);

export type Variables = ReadonlyMap<string, PyValue>;

/** The text, or what was thrown: Python's class, or our kind of fault. */
export type Rendered = { text: string } | { error: string };

/** The real Jinja. */
export class Jinja {
  readonly #python: Python;
  constructor() {
    // The helper runs the first `python3` of the path.
    if (executable?.includes('/'))
      process.env['PATH'] = `${dirname(executable)}${delimiter}${process.env['PATH'] ?? ''}`;
    this.#python = new Python(CODE);
  }

  async render(cases: readonly (readonly [template: string, variables: Variables])[]): Promise<Rendered[]> {
    const outcomes = await this.#python.call(
      'render',
      cases.map(([template, variables]) => [template, new Map<PyValue, PyValue>(variables)]),
    );
    return outcomes.map((outcome) => ('error' in outcome ? outcome : { text: String(outcome.value) }));
  }

  /** Names of the public attributes of an expression's value. */
  async attributes(expression: string): Promise<string[]> {
    const [names] = await this.#python.values('attributes', [[expression]]);
    return Array.isArray(names) ? names.map(String) : [];
  }

  close(): void {
    this.#python.close();
  }
}

/** Our rendering. Anything but a TemplateError is thrown on. */
export function render(template: string, variables: Variables, limits: Partial<TemplateLimits> = {}): Rendered {
  try {
    return { text: compileTemplate(template, limits).render(variables) };
  } catch (error) {
    if (error instanceof TemplateError) return { error: error.kind };
    throw error;
  }
}

/** Text that says how two renderings differ; `null` where they agree: the same text, or errors both. */
export function difference(template: string, ours: Rendered, theirs: Rendered): string | null {
  const same = 'text' in ours ? 'text' in theirs && ours.text === theirs.text : 'error' in theirs;
  return same ? null : `${template}\n  ours   ${JSON.stringify(ours)}\n  theirs ${JSON.stringify(theirs)}`;
}
