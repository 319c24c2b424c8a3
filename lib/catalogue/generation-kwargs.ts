import { PermanentError } from '../errors/errors.ts';
import { floatFromText, orNull } from '../python/number.ts';
import type { PyDict, PyValue } from '../python/value.ts';
import { type ConfigValue, isConfigDict, withoutFunctions } from './config-value.ts';

/**
 * A task's `generation_kwargs` after `TaskConfig.__post_init__` (CATALOGUE-15): `temperature` becomes a float, a missing
 * `until` the few-shot delimiter (at the end); a task that generates and says nothing gets greedy ones, whose temperature is an int.
 * @throws PermanentError BadTaskDefinition where they are no mapping or the temperature no number.
 */
export function generationKwargs(
  value: ConfigValue,
  outputType: string,
  fewshotDelimiter: string,
  task: string,
): PyDict | null {
  if (value === null) return outputType === 'generate_until' ? greedy(fewshotDelimiter) : null;
  if (!isConfigDict(value)) throw bad(task, 'generation_kwargs must be a mapping');
  const kwargs: PyDict = new Map();
  for (const [key, item] of value) kwargs.set(key, withoutFunctions(item, task));
  const temperature = kwargs.get('temperature');
  if (temperature !== undefined) kwargs.set('temperature', toFloat(temperature, task));
  if (!kwargs.has('until')) kwargs.set('until', [fewshotDelimiter]);
  return kwargs;
}

function greedy(fewshotDelimiter: string): PyDict {
  return new Map<PyValue, PyValue>([
    ['until', [fewshotDelimiter]],
    ['do_sample', false],
    ['temperature', 0n],
  ]);
}

/** `float(value)`; OverflowError and TypeError are refused as ValueError is. */
function toFloat(value: PyValue, task: string): number {
  const float =
    typeof value === 'string' ? orNull(() => floatFromText(value)) : typeof value === 'object' ? null : Number(value);
  if (float !== null && (typeof value !== 'bigint' || Number.isFinite(float))) return float;
  throw bad(task, 'generation_kwargs.temperature must be a number');
}

function bad(task: string, problem: string): PermanentError {
  return new PermanentError('BadTaskDefinition', `Task ${task}: ${problem}.`, { context: { task } });
}
