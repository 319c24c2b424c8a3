/** Python's `str.format`. */
import type { PyValue } from '../../python/value.ts';
import { lookupFault, typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { getAttribute } from '../values/attributes.ts';
import type { CallArguments } from '../values/call-arguments.ts';
import { Undefined } from '../values/objects.ts';
import type { Runtime } from '../values/runtime.ts';
import { itemAt } from '../values/sequences.ts';
import { formatValue } from './format-spec.ts';

const FIELD = /^([^.[!:{}]*)((?:\.[^.[!:{}]+|\[[^\]]+\])*)(?:!([^:]))?$/su;
const PATH = /\.([^.[]+)|\[([^\]]+)\]/gsu;

/** @throws Fault `value`, `lookup` or `type` as Python does */
export function formatBraces(template: string, call: CallArguments, runtime: Runtime): string {
  return new BraceFormatter(call, runtime).format(template, 2);
}

class BraceFormatter {
  readonly #call: CallArguments;
  readonly #runtime: Runtime;
  #automatic = 0;
  #manual = false;

  constructor(call: CallArguments, runtime: Runtime) {
    this.#call = call;
    this.#runtime = runtime;
  }

  format(template: string, depth: number): string {
    if (depth < 0) throw valueFault('Max string recursion exceeded');
    const parts: string[] = [];
    for (let at = 0; at < template.length; ) {
      this.#runtime.budget.step();
      const brace = template.slice(at).search(/[{}]/);
      if (brace === -1) {
        parts.push(template.slice(at));
        break;
      }
      parts.push(template.slice(at, at + brace));
      at += brace;
      if (template[at + 1] === template[at]) {
        parts.push(template[at] ?? '');
        at += 2;
      } else if (template[at] === '}') {
        throw valueFault("Single '}' encountered in format string");
      } else {
        const end = closingBrace(template, at);
        parts.push(this.#field(template.slice(at + 1, end), depth));
        at = end + 1;
      }
    }
    return this.#runtime.joined(parts, '');
  }

  #field(text: string, depth: number): string {
    const colon = fieldEnd(text);
    const match = FIELD.exec(text.slice(0, colon));
    if (!match) throw valueFault(`bad field '${text.slice(0, 40)}' in format string`);
    const [, name = '', path = '', conversion] = match;
    let value = this.#argument(name);
    for (const [, attribute, index] of path.matchAll(PATH)) {
      if (attribute !== undefined) value = this.#attribute(value, attribute);
      else if (index !== undefined) value = itemAt(value, /^\d+$/.test(index) ? BigInt(index) : index, this.#runtime);
    }
    const spec = colon === text.length ? '' : this.format(text.slice(colon + 1), depth - 1);
    if (conversion === undefined) return formatValue(value, spec, this.#runtime);
    if (conversion === 's') return formatValue(this.#runtime.str(value), spec, this.#runtime);
    if (conversion === 'r') return formatValue(this.#runtime.repr(value), spec, this.#runtime);
    if (conversion === 'a') throw unsupportedFault("'!a' in a format string");
    throw valueFault(`Unknown conversion specifier '${conversion}'`);
  }

  #argument(name: string): PyValue {
    if (name !== '' && !/^\d+$/.test(name)) {
      const value = this.#call.kwargs.get(name);
      if (value === undefined) throw lookupFault(`no argument '${name.slice(0, 40)}' for the format string`);
      return value;
    }
    if (name === '' ? this.#manual : this.#automatic > 0) {
      throw valueFault('cannot switch between automatic and manual field numbering');
    }
    this.#manual = name !== '';
    const index = name === '' ? this.#automatic++ : Number(name);
    const value = this.#call.args[index];
    if (value === undefined) throw lookupFault('Replacement index out of range for positional args tuple');
    return value;
  }

  #attribute(value: PyValue, name: string): PyValue {
    const found = getAttribute(value, name, this.#runtime);
    if (found === undefined || found instanceof Undefined) throw typeFault(`no attribute '${name.slice(0, 40)}'`);
    return found;
  }
}

/** Where the field that opens at `start` closes; braces nest. */
function closingBrace(template: string, start: number): number {
  let open = 0;
  let bracket = false;
  for (let at = start; at < template.length; at++) {
    const character = template[at];
    if (character === '[' && open === 1) bracket = true;
    else if (character === ']') bracket = false;
    else if (bracket) continue;
    else if (character === '{') open++;
    else if (character === '}' && --open === 0) return at;
  }
  throw valueFault("expected '}' before end of string");
}

/** Where a field's name and conversion end. */
function fieldEnd(text: string): number {
  let bracket = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '[') bracket = true;
    else if (text[at] === ']') bracket = false;
    else if (text[at] === ':' && !bracket) return at;
  }
  return text.length;
}
