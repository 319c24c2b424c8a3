import type { Command } from 'commander';
import * as z from 'zod';
import { messageOf, PermanentError } from '../../lib/errors/errors.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { type SampleMessage, sampleMessage } from '../../lib/messages/sample.ts';
import { dumps, loads } from '../../lib/python/json.ts';
import { isDict, type PyDict, type PyValue } from '../../lib/python/value.ts';
import { UsageError } from './exit.ts';
import { idList, repeatable } from './options.ts';

/** What decides a prompt besides the task, as options: of a request, and of what renders everything. */
const RENDER_OPTIONS = [
  ['--num-fewshot <N>', 'worked examples (default: the table of the name, else the YAML)'],
  ['--gen-kwargs <JSON|TEXT>', 'generation arguments: JSON, or key=value,key=value'],
  ['--system-instruction <TEXT>', "text before the task's description"],
] as const;
/** What decides it besides, for a model of one's own. */
const MODEL_OPTIONS = [
  ['--model <NAME>', "the message's model"],
  ['--llm-args <JSON>', 'arguments of the model, as a JSON object'],
  ['--apply-chat-template <BOOL>', 'true or false (default: by the path)'],
  ['--fewshot-as-multiturn <BOOL>', 'true or false (default: by the path)'],
] as const;

/** Adds the options that all commands have which render every document of a task. */
export function withRenderOptions(command: Command): Command {
  for (const [flags, what] of RENDER_OPTIONS) command.option(flags, what);
  return command;
}

/** Adds the options that say how a model is asked. */
export function withModelOptions(command: Command): Command {
  for (const [flags, what] of MODEL_OPTIONS) command.option(flags, what);
  return command;
}

/** Adds the options for what a sample message may say besides its tasks and its supplier. */
export function withRequestOptions(command: Command): Command {
  command
    .option('--qty <N>', 'so many documents, picked by the seed; -1 means all')
    .option('--doc-ids <IDS>', 'these documents: ids and ranges such as 4,7-9')
    .option('--blacklist <IDS>', 'never these documents')
    .option('--seed <N>', 'picks the documents (default: from the identity of the message)')
    .option('--random-seed <N>', 'picks documents and worked examples as the Manager does, alike for all suppliers')
    .option('--path <PATH>', '/v1/chat/completions (default) or /v1/completions');
  return withModelOptions(withRenderOptions(command))
    .option('--bootstrap-iters <N>', 'for the Evaluator')
    .option('--confirm-run-unsafe-code <BOOL>', 'for the Evaluator')
    .option('--method <METHOD>', 'HTTP method of the requests')
    .addOption(repeatable('--header <NAME=VALUE>', 'HTTP header of the requests; can be repeated'));
}

const text = z.string().optional();

/** Those of {@link withRenderOptions} and the path. */
export const renderShape = { path: text, numFewshot: text, genKwargs: text, systemInstruction: text };
/** Those of {@link withModelOptions}. */
export const modelShape = { model: text, llmArgs: text, applyChatTemplate: text, fewshotAsMultiturn: text };

/** All of a request's options as parsed. */
export const requestShape = {
  ...renderShape,
  ...modelShape,
  qty: text,
  docIds: text,
  blacklist: text,
  seed: text,
  randomSeed: text,
  bootstrapIters: text,
  confirmRunUnsafeCode: text,
  method: text,
  header: z.array(z.string()).optional(),
};
/** What the options say, as text. */
export type RequestOptions = z.output<z.ZodObject<typeof requestShape>>;

/** Whom a request is for. */
export interface Supplier {
  readonly address: string;
  readonly service: string;
}

/**
 * The body of the sample message that the options describe; numbers and keys as the options have them.
 * @throws UsageError for a value that can't stand in a message, and where no documents are asked for
 */
export function sampleBody(
  tasks: readonly string[],
  { address, service }: Supplier,
  options: Partial<RequestOptions>,
  includePath?: string,
): string {
  const { docIds, blacklist, llmArgs, genKwargs, header, method, path } = options;
  if (options.qty === undefined && docIds === undefined) {
    throw new UsageError('say how many documents (--qty N, or --qty -1 for all) or which (--doc-ids IDS)');
  }
  const requester = dict({
    address,
    service,
    method,
    path,
    headers: header === undefined ? undefined : dict(Object.fromEntries(header.map(headerOf))),
  });
  const message = dict({
    framework: 'lmeh',
    tasks: tasks.join(','),
    include_path: includePath,
    requester_args: requester,
    blacklist: blacklist === undefined ? undefined : ints('blacklist', blacklist),
    qty: plain(options.qty),
    doc_ids: docIds === undefined ? undefined : ints('doc-ids', docIds),
    model: options.model,
    llm_args: llmArgs === undefined ? undefined : jsonObject('llm-args', llmArgs),
    num_fewshot: plain(options.numFewshot),
    gen_kwargs: genKwargs?.trimStart().startsWith('{') ? jsonObject('gen-kwargs', genKwargs) : genKwargs,
    bootstrap_iters: plain(options.bootstrapIters),
    system_instruction: options.systemInstruction,
    apply_chat_template: plain(options.applyChatTemplate),
    fewshot_as_multiturn: plain(options.fewshotAsMultiturn),
    confirm_run_unsafe_code: plain(options.confirmRunUnsafeCode),
    seed: plain(options.seed),
    random_seed: plain(options.randomSeed),
  });
  return dumps(message, { ensureAscii: false, separators: [',', ':'] });
}

/** Reads a body as the function `sample` will. @throws PermanentError BadMessage naming what is wrong */
export function readSampleBody(body: string): SampleMessage {
  return parseMessage('sample', sampleMessage, body);
}

/** As {@link readSampleBody}, of a body that options made. @throws UsageError naming the option that is wrong */
export function readOptionsBody(body: string): SampleMessage {
  try {
    return readSampleBody(body);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'BadMessage') throw error;
    const reason = error.message.replace(/^Bad sample message: /, '');
    const [, key, problem] = /^(?:requester_args\.)?(\w+): (.*)$/s.exec(reason) ?? [];
    throw new UsageError(key === undefined ? reason : `--${key.replaceAll('_', '-')}: ${problem}`);
  }
}

function dict(values: Record<string, PyValue | undefined>): PyDict {
  const given = Object.entries(values).filter((entry): entry is [string, PyValue] => entry[1] !== undefined);
  return new Map<PyValue, PyValue>(given);
}

/** A number or a boolean where it is one; else the text, which the message's schema then refuses by name. */
function plain(text: string | undefined): PyValue | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : text;
}

function ints(name: string, list: string): bigint[] {
  return idList(name, list).map(BigInt);
}

function jsonObject(name: string, json: string): PyDict {
  try {
    const value = loads(json);
    if (isDict(value)) return value;
  } catch (error) {
    throw new UsageError(`--${name} is no JSON: ${messageOf(error)}`);
  }
  throw new UsageError(`--${name} must be a JSON object.`);
}

function headerOf(argument: string): [string, string] {
  const at = argument.indexOf('=');
  if (at < 1) throw new UsageError(`--header "${argument}" must be NAME=VALUE.`);
  return [argument.slice(0, at), argument.slice(at + 1)];
}
