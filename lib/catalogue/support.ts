import { type ErrorCode, PermanentError } from '../errors/errors.ts';
import type { PyValue } from '../python/value.ts';
import { type ConfigDict, functionsIn } from './config-value.ts';
import { dataFilesOf } from './data-files.ts';
import type { TaskEntry } from './entry.ts';
import { FunctionRef } from './function-ref.ts';
import { type OutputType, TASK_CONFIG_FIELDS, type TaskConfig, toTaskConfig } from './task-config.ts';

/** Why a task can't be sampled, by kind. */
export type Obstacle =
  | 'definition'
  | 'python class'
  | 'output type'
  | 'multimodal'
  | 'prompt library'
  | 'hook'
  | 'data set in Python'
  | 'data set options'
  | 'sampler';

/** Whether a task can be sampled, and if not, why. */
export type Support =
  | { readonly supported: true; readonly config: TaskConfig }
  | {
      readonly supported: false;
      readonly code: ErrorCode;
      readonly obstacle: Obstacle;
      /** Why, as the end of a sentence about the task. */
      readonly reason: string;
      /** The first hook that is missing. */
      readonly hook?: string;
    };

/** Fields that only score answers; their functions are not needed to ask. */
const SCORING_FIELDS: ReadonlySet<unknown> = new Set([
  'process_results',
  'metric_list',
  'filter_list',
  'doc_to_decontamination_query',
  'should_decontaminate',
  'metadata',
]);

/** Kinds of tasks that can be sampled; the harness makes requests of a kind of their own for the rest. */
const SAMPLED_TYPES: ReadonlySet<unknown> = new Set<OutputType>(['generate_until', 'multiple_choice', 'loglikelihood']);

/** Options of `datasets.load_dataset` by which two tasks of one path and name read different rows. */
const CHOOSING = ['data_files', 'data_dir', 'revision', 'split'];

/** Names of the Python functions that asking needs, or of those that only scoring needs, in the order of the definition. */
export function hooksOf(config: ConfigDict, use: 'sampling' | 'scoring'): string[] {
  const hooks = [...config]
    .filter(([key]) => SCORING_FIELDS.has(key) === (use === 'scoring') && key !== 'class')
    .flatMap(([, value]) => functionsIn(value).map((ref) => ref.hook));
  return [...new Set(hooks)];
}

/**
 * Whether the task can be sampled. Functions of documents and fields are run when it is registered (lib/register/run-functions.ts);
 * `supported` names those that are here besides.
 */
export function supportOf(entry: TaskEntry, supported: ReadonlySet<string>): Support {
  const { config, problem } = entry;
  if (config.has('class')) return no('UnsupportedTask', 'python class', 'is a Python class of the harness');
  if (problem !== null) return no('BadTaskDefinition', 'definition', `can't be used: ${problem}`);
  const foreign = [...config.keys()].filter((key) => typeof key !== 'string' || !TASK_CONFIG_FIELDS.has(key));
  if (foreign.length > 0) {
    return no(
      'BadTaskDefinition',
      'definition',
      `has keys that the harness refuses: ${foreign.map(String).join(', ')}`,
    );
  }
  const outputType = config.get('output_type') ?? 'generate_until';
  if (!SAMPLED_TYPES.has(outputType)) {
    const name = typeof outputType === 'string' ? outputType : 'of an unknown kind';
    return no(
      'UnsupportedTask',
      'output type',
      `has output_type ${name}; only ${[...SAMPLED_TYPES].join(', ')} can be sampled`,
    );
  }
  for (const field of ['doc_to_image', 'doc_to_audio']) {
    if ((config.get(field) ?? null) !== null) return no('UnsupportedTask', 'multimodal', `is multimodal (${field})`);
  }
  if ((config.get('use_prompt') ?? null) !== null) {
    return no(
      'UnsupportedTask',
      'prompt library',
      'takes its prompt from a library that the harness loads (use_prompt)',
    );
  }
  if ((config.get('custom_dataset') ?? null) !== null) {
    return no(
      'UnsupportedTask',
      'data set in Python',
      'makes its data set in Python, of pages that it loads (custom_dataset)',
    );
  }
  const hook = unrunnable(config, supported);
  if (hook !== undefined)
    return { ...no('UnsupportedHook', 'hook', `needs the Python function ${hook}, which can't be run here`), hook };
  const kwargs = config.get('dataset_kwargs');
  const files = dataFilesOf(config.get('dataset_path'), kwargs);
  if (typeof files === 'string') return no('UnsupportedTask', 'data set options', files);
  if (files !== null) return typed(entry);
  const chosen = kwargs instanceof Map ? CHOOSING.filter((key) => (kwargs.get(key) ?? null) !== null) : [];
  if (chosen.length > 0) {
    const what = chosen.join(' and ');
    return no(
      'UnsupportedTask',
      'data set options',
      `chooses its rows by ${what} in dataset_kwargs, which can't be staged here`,
    );
  }
  return typed(entry);
}

/** Fields whose functions are run when a task is registered. */
const RUN_AT_REGISTER: ReadonlySet<PyValue> = new Set([
  'process_docs',
  'doc_to_text',
  'doc_to_target',
  'doc_to_choice',
]);

/** The first function in a place where only its value would do, such as a list of worked examples. */
function unrunnable(config: ConfigDict, supported: ReadonlySet<string>): string | undefined {
  const fewshot = config.get('fewshot_config');
  const own = [...(fewshot instanceof Map ? fewshot : [])].map(([key, value]) => ({ key, value }));
  const fields = [...config].filter(([key]) => key !== 'fewshot_config').map(([key, value]) => ({ key, value }));
  return [...fields, ...own]
    .filter(({ key, value }) => !SCORING_FIELDS.has(key) && !(RUN_AT_REGISTER.has(key) && value instanceof FunctionRef))
    .flatMap(({ value }) => functionsIn(value).map(({ hook }) => hook))
    .find((hook) => !supported.has(hook));
}

/** {@link supportOf}, as an error. @throws PermanentError saying why the task can't be sampled. */
export function requireSupported(entry: TaskEntry, supported: ReadonlySet<string>): TaskConfig {
  const support = supportOf(entry, supported);
  if (support.supported) return support.config;
  const hook = support.hook === undefined ? {} : { hook: support.hook };
  throw new PermanentError(support.code, `Task ${entry.name} ${support.reason}.`, {
    context: { task: entry.name, ...hook },
  });
}

function typed({ config }: TaskEntry): Support {
  let result: TaskConfig;
  try {
    result = toTaskConfig(config);
  } catch (error) {
    if (error instanceof PermanentError)
      return no(error.code, 'definition', `can't be used: ${error.message.replace(/\.$/, '')}`);
    throw error;
  }
  const sampler = result.fewshot_config?.sampler ?? 'default';
  if (sampler !== 'default' && sampler !== 'first_n')
    return no('UnsupportedTask', 'sampler', `draws few-shot examples with the sampler "${sampler}"`);
  if (result.test_split === null && result.validation_split === null) {
    return no('BadTaskDefinition', 'definition', 'has neither a test nor a validation split to ask about');
  }
  return { supported: true, config: result };
}

function no(code: ErrorCode, obstacle: Obstacle, reason: string): Support & { supported: false } {
  return { supported: false, code, obstacle, reason };
}
