import { literalEval, PySyntaxError, PyTypeError, PyUnsupportedError, PyValueError } from '../../python/literal.ts';
import type { PyValue } from '../../python/value.ts';
import { type ConfigDict, isConfigDict } from '../config-value.ts';
import { FunctionRef } from '../function-ref.ts';

/**
 * The configuration with its few-shot samples in place, where a Python function gives them (`fewshot_docs`; FEWSHOT-1)
 * and that function only returns a literal list: the list is read from the source, not run. Else the configuration as it is.
 */
export function withSamples(config: ConfigDict, sourceOf: (path: string) => string | null): ConfigDict {
  const fewshot = config.get('fewshot_config');
  const samples = isConfigDict(fewshot) ? fewshot.get('samples') : undefined;
  if (!isConfigDict(fewshot) || !(samples instanceof FunctionRef)) return config;
  const source = sourceOf(samples.hook.slice(0, -(samples.name.length + 1)).concat('.py'));
  const list = source === null ? null : literalList(source, samples.name);
  if (list === null) return config;
  return new Map(config).set('fewshot_config', new Map(fewshot).set('samples', list));
}

/** The list that the function returns, evaluated as Python does; null where it is more than a literal. */
function literalList(source: string, name: string): PyValue[] | null {
  try {
    const expression = returnedExpression(source, name);
    if (expression === null) return null;
    const value = literalEval(expression);
    return Array.isArray(value) ? value : null;
  } catch (error) {
    // A RangeError is of a regular expression whose text is longer than the engine takes.
    const unreadable = [PySyntaxError, PyValueError, PyTypeError, PyUnsupportedError, RangeError].some(
      (type) => error instanceof type,
    );
    if (unreadable) return null;
    throw error;
  }
}

/** What matters for finding an expression's end: a comment, a string with its prefix, a bracket, a line's end. */
const TOKEN =
  /#[^\n]*|[A-Za-z]{0,2}(?:"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')|[([{]|[)\]}]|\\\n|\n/g;
/** What may stand between a function's head and its only statement: comments and a docstring. */
const HEAD_END =
  /^(?:\s|#[^\n]*\n)*(?:(?:"""(?:[^\\]|\\[\s\S])*?"""|"(?:[^"\\\n]|\\[\s\S])*")(?:\s|#[^\n]*\n)*)?return\b/;

/**
 * The source of what a Python function returns, comments left out, where it takes no arguments and its body is a single
 * `return` (a docstring may stand before it); null for any other function, and where there is none of that name.
 */
function returnedExpression(source: string, name: string): string | null {
  const text = source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const definitions = [...text.matchAll(/^def +(\w+) *\( *\)[^:\n]*:/gm)].filter((match) => match[1] === name);
  const assigned = [...text.matchAll(/^(?:def +(\w+)|(\w+) *=[^=])/gm)].filter(
    (match) => (match[1] ?? match[2]) === name,
  );
  const [definition] = definitions;
  // Defined twice, or assigned elsewhere: which one counts is more than can be known here.
  if (!definition || assigned.length !== 1 || /^@[^\n]*\n$/m.test(lineBefore(text, definition.index))) return null;
  const body = text.slice(definition.index + definition[0].length);
  const head = HEAD_END.exec(body);
  return head ? expressionAt(body.slice(head[0].length)) : null;
}

function lineBefore(text: string, index: number): string {
  return text.slice(text.lastIndexOf('\n', index - 2) + 1, index);
}

/** The text up to the line's end outside of brackets and strings; null where brackets do not match. */
function expressionAt(text: string): string | null {
  let depth = 0;
  let result = '';
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const token = match[0];
    result += text.slice(at, match.index);
    at = match.index + token.length;
    if (token === '\n' && depth === 0) return result.trim();
    if (token.startsWith('#')) continue;
    if ('([{'.includes(token)) depth++;
    else if (')]}'.includes(token)) depth--;
    if (depth < 0) return null;
    result += token === '\\\n' ? ' ' : token;
  }
  return depth === 0 ? (result + text.slice(at)).trim() : null;
}
