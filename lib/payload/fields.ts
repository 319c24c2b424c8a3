import { PermanentError } from '../errors/errors.ts';
import { dumps } from '../python/json.ts';
import { formatFloatRyu } from '../python/number.ts';
import { laxBool, laxFloat, laxInt } from '../python/pydantic.ts';
import { type PyValue, typeName } from '../python/value.ts';

/**
 * One field of the OpenAI request models: how its value prints, and the value that is left out because it is the model's
 * default (`model_dump_json(exclude_defaults=True)`).
 */
export interface Field {
  readonly name: string;
  readonly type: 'int' | 'float' | 'bool' | 'any';
  readonly leftOut?: bigint | number | boolean;
}

/** Fields of a chat request between `messages`, `model` and the extra ones, in the model's order. */
export const CHAT_FIELDS: readonly Field[] = [
  { name: 'frequency_penalty', type: 'float', leftOut: 0 },
  { name: 'logit_bias', type: 'any' },
  { name: 'logprobs', type: 'bool', leftOut: false },
  { name: 'top_logprobs', type: 'int' },
  { name: 'max_tokens', type: 'int' },
  { name: 'n', type: 'int', leftOut: 1n },
  { name: 'presence_penalty', type: 'float', leftOut: 0 },
  { name: 'response_format', type: 'any' },
  { name: 'seed', type: 'int' },
  { name: 'stop', type: 'any' },
  { name: 'stream', type: 'bool', leftOut: false },
  { name: 'stream_options', type: 'any' },
  { name: 'temperature', type: 'float' },
  { name: 'top_p', type: 'float' },
  { name: 'tools', type: 'any' },
  { name: 'tool_choice', type: 'any' },
  { name: 'parallel_tool_calls', type: 'bool' },
  { name: 'user', type: 'any' },
];

/** Fields of a completion request after `model` and `prompt`, in the model's order; others are dropped. */
export const COMPLETION_FIELDS: readonly Field[] = [
  { name: 'best_of', type: 'int' },
  { name: 'echo', type: 'bool', leftOut: false },
  { name: 'frequency_penalty', type: 'float', leftOut: 0 },
  { name: 'logit_bias', type: 'any' },
  { name: 'logprobs', type: 'int' },
  { name: 'max_tokens', type: 'int', leftOut: 16n },
  { name: 'n', type: 'int', leftOut: 1n },
  { name: 'presence_penalty', type: 'float', leftOut: 0 },
  { name: 'seed', type: 'int' },
  { name: 'stop', type: 'any' },
  { name: 'stream', type: 'bool', leftOut: false },
  { name: 'stream_options', type: 'any' },
  { name: 'suffix', type: 'any' },
  { name: 'temperature', type: 'float' },
  { name: 'top_p', type: 'float' },
  { name: 'user', type: 'any' },
];

/**
 * The field's value as JSON, or null where the request leaves it out (absent, null or the model's default).
 * @throws PermanentError BadMessage where the value is not of the field's type, as pydantic's lax mode decides.
 */
export function printField(field: Field, value: PyValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (field.type === 'any') return printAny(value);
  const coerced = field.type === 'float' ? laxFloat(value) : field.type === 'int' ? laxInt(value) : laxBool(value);
  if (coerced === null) {
    throw new PermanentError(
      'BadMessage',
      `Generation argument "${field.name}" must be ${field.type}, not ${typeName(value)}.`,
    );
  }
  if (coerced === field.leftOut) return null;
  return typeof coerced === 'number' ? formatFloatRyu(coerced) : String(coerced);
}

/** Any value as compact JSON, floats printed as pydantic prints them. */
export function printAny(value: PyValue): string {
  if (typeof value === 'number') return formatFloatRyu(value);
  if (Array.isArray(value)) return `[${value.map(printAny).join(',')}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${JSON.stringify(String(key))}:${printAny(item)}`);
    return `{${entries.join(',')}}`;
  }
  return dumps(value, { ensureAscii: false, separators: [',', ':'] });
}
