import { PermanentError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import type { PyDict, PyValue } from '../python/value.ts';
import { parseGenKwargs } from './gen-kwargs.ts';
import { type OverrideRow, overrideFor } from './overrides.ts';
import type { AskedSettings } from './plan.ts';

const CHAT_PATH = '/v1/chat/completions';
const COMPLETIONS_PATH = '/v1/completions';

/**
 * A message's settings for one task: what it says, else the override table's row for the name asked for, else the defaults
 * of its path.
 * @throws PermanentError UnsupportedPath, or BadMessage for chat flags that the path can't have.
 */
export function askedSettings(message: SampleMessage, task: string, rows: readonly OverrideRow[] = []): AskedSettings {
  const override = overrideFor(task, rows);
  const path = message.requester_args.path ?? override.path ?? CHAT_PATH;
  if (path !== CHAT_PATH && path !== COMPLETIONS_PATH) {
    throw new PermanentError(
      'UnsupportedPath',
      `requester_args.path "${path.slice(0, 100)}" is not supported; use ${CHAT_PATH} or ${COMPLETIONS_PATH}.`,
    );
  }
  const chat = path === CHAT_PATH;
  const applyChatTemplate = message.apply_chat_template ?? override.chat ?? chat;
  const fewshotAsMultiturn = message.fewshot_as_multiturn ?? override.chat ?? chat;
  checkFlags(path, applyChatTemplate, fewshotAsMultiturn);
  return {
    framework: message.framework,
    requesterArgs: requesterArgsOf(message, path),
    blacklist: (message.qty ?? 0) < 0 ? [] : message.blacklist,
    llmArgs: llmArgsOf(message),
    shotsAsked: message.num_fewshot ?? override.numFewshot ?? null,
    genKwargs: genKwargsOf(message),
    bootstrapIters: message.bootstrap_iters,
    systemInstruction: message.system_instruction ?? null,
    applyChatTemplate,
    fewshotAsMultiturn,
    confirmRunUnsafeCode: message.confirm_run_unsafe_code,
  };
}

/** Shots in effect: a task whose YAML says 0 keeps it, whatever is asked for (SETTING-5). */
export function shotsInEffect(asked: number | null, yaml: number | null): number {
  return yaml === 0 ? 0 : (asked ?? yaml ?? 0);
}

function checkFlags(path: string, chatTemplate: boolean, multiturn: boolean): void {
  if (path === COMPLETIONS_PATH && (chatTemplate || multiturn)) {
    const flag = chatTemplate ? 'apply_chat_template' : 'fewshot_as_multiturn';
    throw new PermanentError(
      'BadMessage',
      `${flag} can't be true on ${COMPLETIONS_PATH}, which takes plain text; leave it out.`,
    );
  }
  if (path === CHAT_PATH && !chatTemplate) {
    throw new PermanentError(
      'BadMessage',
      `apply_chat_template can't be false on ${CHAT_PATH}; use ${COMPLETIONS_PATH} for plain text.`,
    );
  }
}

function requesterArgsOf({ requester_args: args }: SampleMessage, path: string): PyDict {
  return new Map<PyValue, PyValue>([
    ['address', args.address],
    ['service', args.service],
    ['method', args.method],
    ['path', path],
    ['headers', new Map<PyValue, PyValue>(args.headers)],
  ]);
}

/** The three keys that the Python service adds, at the end and in its order (SETTING-8). */
function llmArgsOf({ llm_args }: SampleMessage): PyDict {
  const args: PyDict = new Map(llm_args ?? []);
  args.set('trust_remote_code', true);
  args.set('tokenized_requests', false);
  args.set('tokenizer_backend', null);
  return args;
}

/** What a message's text of arguments came to: read once, however many tasks the message names. */
const parsed = new WeakMap<SampleMessage, PyDict>();

function genKwargsOf(message: SampleMessage): AskedSettings['genKwargs'] {
  const { gen_kwargs } = message;
  if (gen_kwargs === '') return '';
  if (typeof gen_kwargs !== 'string') return gen_kwargs ?? null;
  const kwargs = parsed.get(message) ?? parseGenKwargs(gen_kwargs);
  parsed.set(message, kwargs);
  return kwargs;
}
