import { PermanentError } from '../errors/errors.ts';
import { dumps } from '../python/json.ts';
import { type PyDict, type PyValue, typeName } from '../python/value.ts';
import { CHAT_FIELDS, COMPLETION_FIELDS, type Field, printAny, printField } from './fields.ts';
import { type ChatMessage, quotedContent } from './message.ts';

/** What the harness's API model is constructed with (`llm_args`, else its defaults). */
export interface ModelArgs {
  readonly model: string;
  readonly maxGenToks: PyValue;
  readonly seed: PyValue;
}

/** Chat completions accept at most this many stop sequences (H/models/openai_completions.py, LocalChatCompletion). */
const MAX_CHAT_STOPS = 4;

/** Reads {@link ModelArgs} out of a request's `llm_args`. @throws PermanentError BadMessage where `model` is not text. */
export function modelArgs(llmArgs: PyDict): ModelArgs {
  const model = llmArgs.get('model') ?? 'pocket_network';
  if (typeof model !== 'string') {
    throw new PermanentError('BadMessage', `llm_args.model must be text, not ${typeName(model)}.`);
  }
  return { model, maxGenToks: llmArgs.get('max_gen_toks') ?? 1024n, seed: llmArgs.get('seed') ?? 1234n };
}

/** What prints `prompts.data` of one task's requests. */
export type DataPrinter<Context> = (context: Context) => string;

/**
 * Prints `prompts.data` of chat requests, byte for byte as the Python service's `model_dump_json` gives it (PORTING D4).
 * `genKwargs` are the instances' own, in the order of their keys; all that depends on them alone is printed once.
 */
export function chatPrinter(genKwargs: PyDict, args: ModelArgs): DataPrinter<readonly ChatMessage[]> {
  const payload = generationPayload(genKwargs, args);
  const stop = payload.get('stop');
  if (Array.isArray(stop)) payload.set('stop', stop.slice(0, MAX_CHAT_STOPS));
  const parts = [`"model":${modelOf(payload, args)}`];
  pushFields(parts, CHAT_FIELDS, payload);
  const known = new Set(['messages', 'model', ...CHAT_FIELDS.map((field) => field.name)]);
  for (const [key, value] of payload) {
    if (!known.has(String(key))) parts.push(`${JSON.stringify(String(key))}:${printAny(value)}`);
  }
  const rest = parts.join(',');
  return (messages) => `{"messages":[${messages.map(printMessage).join(',')}],${rest}}`;
}

/** Prints `prompts.data` of completion requests that generate text (PORTING D4); arguments the model does not know are dropped. */
export function completionPrinter(genKwargs: PyDict, args: ModelArgs): DataPrinter<string> {
  return printCompletion(generationPayload(genKwargs, args), args);
}

/**
 * Prints `prompts.data` that makes a server score a continuation: it echoes its context (here with the continuation) with
 * the log probabilities (H/models/openai_completions.py, `_create_payload` without `generate`).
 */
export function loglikelihoodPrinter(args: ModelArgs): DataPrinter<string> {
  const payload = new Map<PyValue, PyValue>([
    ['echo', true],
    ['logprobs', 1n],
    ['max_tokens', 1n],
    ['seed', args.seed],
    ['temperature', 0],
  ]);
  return printCompletion(payload, args);
}

/** The chat as the harness hands it to its model: the JSON text in `arguments[0]` (H/models/api_models.py, apply_chat_template). */
export function chatArgument(messages: readonly ChatMessage[]): string {
  const turns = messages.map((message) => {
    // Python leaves half surrogate pairs as they are.
    const content = message.content.isWellFormed()
      ? quotedContent(message)
      : dumps(message.content, { ensureAscii: false });
    return `{"role": "${message.role}", "content": ${content}, "type": "text"}`;
  });
  return `[${turns.join(', ')}]`;
}

function printCompletion(payload: PyDict, args: ModelArgs): DataPrinter<string> {
  const model = `"model":${modelOf(payload, args)}`;
  const fields: string[] = [];
  pushFields(fields, COMPLETION_FIELDS, payload);
  const rest = fields.map((field) => `,${field}`).join('');
  return (prompt) => `{${model},"prompt":${JSON.stringify(prompt)}${rest}}`;
}

/** pydantic prints the model's own fields in the order of the role's class, then the rest. */
function printMessage(message: ChatMessage): string {
  const text = quotedContent(message);
  return message.role === 'assistant'
    ? `{"role":"assistant","content":${text},"type":"text"}`
    : `{"content":${text},"role":"${message.role}","type":"text"}`;
}

/** `_create_payload` with `generate` (H/models/openai_completions.py): what is left of the arguments may override the rest. */
function generationPayload(genKwargs: PyDict, args: ModelArgs): PyDict {
  const rest = new Map(genKwargs);
  rest.delete('do_sample');
  let maxTokens = take(rest, 'max_tokens');
  if (maxTokens === undefined) maxTokens = take(rest, 'max_gen_toks') ?? args.maxGenToks;
  const temperature = take(rest, 'temperature');
  const stop = stopSequences(take(rest, 'until') ?? null);
  const payload = new Map<PyValue, PyValue>([
    ['max_tokens', maxTokens],
    ['temperature', temperature === undefined ? 0n : temperature],
    ['stop', stop],
    ['seed', args.seed],
  ]);
  for (const [key, value] of rest) payload.set(key, value);
  return payload;
}

function take(values: PyDict, key: string): PyValue | undefined {
  const value = values.get(key);
  values.delete(key);
  return value;
}

/** H/models/utils.py, `handle_stop_sequences`, without an end-of-text token. */
function stopSequences(until: PyValue): PyValue[] {
  if (typeof until === 'string') return [until];
  if (until === null) return [];
  if (Array.isArray(until)) return until;
  throw new PermanentError('BadMessage', `Generation argument "until" must be text or a list, not ${typeName(until)}.`);
}

function modelOf(payload: PyDict, args: ModelArgs): string {
  const model = payload.get('model') ?? args.model;
  if (typeof model === 'string') return JSON.stringify(model);
  throw new PermanentError('BadMessage', `Generation argument "model" must be text, not ${typeName(model)}.`);
}

function pushFields(parts: string[], fields: readonly Field[], payload: PyDict): void {
  for (const field of fields) {
    const value = payload.get(field.name);
    if (field.name === 'stop' && Array.isArray(value) && value.length === 0) continue;
    const text = printField(field, value);
    if (text !== null) parts.push(`"${field.name}":${text}`);
  }
}
