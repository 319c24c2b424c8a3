import { literalEval, PySyntaxError, PyTypeError, PyUnsupportedError, PyValueError } from '../../python/literal.ts';
import type { PyValue } from '../../python/value.ts';
import { type ConfigDict, isConfigDict } from '../config-value.ts';
import { FunctionRef } from '../function-ref.ts';
import { returnedExpression } from './python-source.ts';

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
export function literalList(source: string, name: string): PyValue[] | null {
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
