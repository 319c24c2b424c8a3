import { PermanentError } from '../errors/errors.ts';
import { intFromText, orNull } from '../python/number.ts';
import { type PyDict, type PyValue, typeName } from '../python/value.ts';
import { type Field, printAny, printField, required, TEXT } from './field-types.ts';
import { CHAT_FIELDS, COMPLETION_FIELDS } from './fields.ts';
import { type ChatMessage, printed } from './message.ts';

/** What an operator may want otherwise in requests that generate text, for all tasks alike (MANAGER-6). */
export interface RequestStyle {
  /** The chat request's field for the number of tokens that an answer may have. */
  readonly chatTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Fields that are never sent, whoever set them. */
  readonly leaveOut: readonly string[];
  /** Tokens that an answer may have where nobody says how many. */
  readonly defaultTokens: number;
}

/** Requests as the harness makes them through the Python service. */
export const PLAIN_STYLE: RequestStyle = { chatTokensField: 'max_tokens', leaveOut: [], defaultTokens: 1024 };

/** What the harness's API model is constructed with (`llm_args`, else its defaults): the arguments that change a request. */
export interface ModelArgs {
  readonly model: string;
  readonly maxGenToks: PyValue;
  readonly seed: PyValue;
  /** A further stop sequence (`eos_string`); null for none. */
  readonly eos: string | null;
  readonly style: RequestStyle;
}

/** Chat completions accept at most this many stop sequences (PAYLOAD-9). */
const MAX_CHAT_STOPS = 4;

/**
 * Reads {@link ModelArgs} out of a request's `llm_args`; `pretrained` names the model where `model` does not.
 * @throws PermanentError BadMessage where one of them is of a type that the harness refuses
 */
export function modelArgs(llmArgs: PyDict, style: RequestStyle = PLAIN_STYLE): ModelArgs {
  const named = llmArgs.get('model') || llmArgs.get('pretrained') || 'pocket_network';
  return {
    model: textArg('model', named),
    maxGenToks: intArg('max_gen_toks', llmArgs.get('max_gen_toks'), BigInt(style.defaultTokens)),
    seed: intArg('seed', llmArgs.get('seed'), 1234n),
    eos: llmArgs.get('eos_string') == null ? null : textArg('eos_string', llmArgs.get('eos_string')),
    style,
  };
}

function textArg(name: string, value: PyValue | undefined): string {
  if (typeof value === 'string') return value;
  throw new PermanentError('BadMessage', `llm_args.${name} must be text, not ${typeName(value ?? null)}.`);
}

/** `int(value)`, as the harness reads its numbers: floats are cut, text may hold one. */
function intArg(name: string, value: PyValue | undefined, preset: bigint): bigint {
  if (value === undefined || value === null) return preset;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value));
  const int = typeof value === 'string' ? orNull(() => intFromText(value)) : null;
  if (int !== null) return int;
  throw new PermanentError('BadMessage', `llm_args.${name} must be a whole number, not ${typeName(value)}.`);
}

/** What prints `prompts.data` of one task's requests. */
export type DataPrinter<Context> = (context: Context) => string;

/**
 * Prints `prompts.data` of chat requests, byte for byte as the Python service's `model_dump_json` gives it (PAYLOAD-1 to PAYLOAD-7).
 * `genKwargs` are the instances' own, in the order of their keys; all that depends on them alone is printed once.
 */
export function chatPrinter(genKwargs: PyDict, args: ModelArgs): DataPrinter<readonly ChatMessage[]> {
  refuse(genKwargs, 'messages');
  const payload = generationPayload(genKwargs, args, MAX_CHAT_STOPS, args.style.chatTokensField);
  const parts = printFields(CHAT_FIELDS, payload);
  const known = new Set(CHAT_FIELDS.map((field) => field.name));
  for (const [key, value] of payload) {
    if (!known.has(String(key))) parts.push(`${JSON.stringify(String(key))}:${printAny(value)}`);
  }
  const rest = `],${parts.join(',')}}`;
  return (messages) => {
    // Put together piece by piece: V8 then shares the pieces, of which most are worked examples that other prompts have too.
    let text = '{"messages":[';
    let comma = '';
    for (const message of messages) {
      text += comma + printed(message).data;
      comma = ',';
    }
    return text + rest;
  };
}

/** Prints `prompts.data` of completion requests that generate text (PAYLOAD-3); arguments the model does not know are dropped. */
export function completionPrinter(genKwargs: PyDict, args: ModelArgs): DataPrinter<string> {
  refuse(genKwargs, 'prompt');
  return printCompletion(generationPayload(genKwargs, args, Number.POSITIVE_INFINITY, 'max_tokens'));
}

/**
 * Prints `prompts.data` that makes a server score a continuation: it echoes its context (here with the continuation) with
 * the log probabilities (`_create_payload` without `generate`; PAYLOAD-11).
 */
export function loglikelihoodPrinter(args: ModelArgs): DataPrinter<string> {
  const payload = new Map<PyValue, PyValue>([
    ['model', args.model],
    ['echo', true],
    ['logprobs', 1n],
    ['max_tokens', 1n],
    ['seed', args.seed],
    ['temperature', 0],
  ]);
  return printCompletion(payload);
}

/** The chat as the harness hands it to its model: the JSON text in `arguments[0]` (`apply_chat_template`; PAYLOAD-10). */
export function chatArgument(messages: readonly ChatMessage[]): string {
  let text = '[';
  let comma = '';
  for (const message of messages) {
    text += comma + printed(message).argument;
    comma = ', ';
  }
  return `${text}]`;
}

function printCompletion(payload: PyDict): DataPrinter<string> {
  const [model = ''] = printFields([required('model', TEXT)], payload);
  const rest = printFields(COMPLETION_FIELDS, payload)
    .map((field) => `,${field}`)
    .join('');
  return (prompt) => `{${model},"prompt":${JSON.stringify(prompt)}${rest}}`;
}

/** `_create_payload` with `generate` (PAYLOAD-7): what is left of the arguments may override the rest. */
function generationPayload(genKwargs: PyDict, args: ModelArgs, maxStops: number, tokensField: string): PyDict {
  const rest = new Map(genKwargs);
  rest.delete('do_sample');
  // A null that was sent counts as sent.
  const maxTokens = rest.has('max_tokens')
    ? take(rest, 'max_tokens', null)
    : take(rest, 'max_gen_toks', args.maxGenToks);
  const payload = new Map<PyValue, PyValue>([
    ['model', args.model],
    [tokensField, maxTokens],
    ['temperature', take(rest, 'temperature', 0n)],
    ['stop', stopSequences(take(rest, 'until', null), args.eos).slice(0, maxStops)],
    ['seed', args.seed],
  ]);
  for (const [key, value] of rest) payload.set(key, value);
  for (const name of args.style.leaveOut) payload.delete(name);
  return payload;
}

function take(values: PyDict, key: string, preset: PyValue): PyValue {
  const value = values.get(key);
  values.delete(key);
  return value === undefined ? preset : value;
}

/** `handle_stop_sequences` (PAYLOAD-8): the end-of-text string is appended unless it is there. */
function stopSequences(until: PyValue, eos: string | null): PyValue[] {
  const stops = stopList(until);
  return eos === null || stops.includes(eos) ? stops : [...stops, eos];
}

function stopList(until: PyValue): PyValue[] {
  if (typeof until === 'string') return [until];
  if (until === null) return [];
  if (Array.isArray(until)) return until;
  throw new PermanentError('BadMessage', `Generation argument "until" must be text or a list, not ${typeName(until)}.`);
}

/** Arguments that would take the place of the question. */
function refuse(genKwargs: PyDict, name: string): void {
  if (!genKwargs.has(name)) return;
  throw new PermanentError('BadMessage', `Generation argument "${name}" would replace the question; leave it out.`);
}

/** @throws PermanentError BadMessage where pydantic would refuse a value */
function printFields(fields: readonly Field[], payload: PyDict): string[] {
  return fields.flatMap((field) => {
    const value = payload.get(field.name);
    const text = printField(field, value);
    if (text !== 'refused') return text ?? [];
    throw new PermanentError(
      'BadMessage',
      `Generation argument "${field.name}" must be ${field.type.takes}, not ${describe(value ?? null)}.`,
    );
  });
}

/** The value's type, and the value itself where it is short. */
function describe(value: PyValue): string {
  const text = printAny(value);
  return text.length > 60 ? typeName(value) : `${text} (${typeName(value)})`;
}
