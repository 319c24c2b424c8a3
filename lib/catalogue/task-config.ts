import { cutTo } from '../errors/bounds.ts';
import { PermanentError } from '../errors/errors.ts';
import { repr } from '../python/repr.ts';
import { type Doc, type PyDict, PyTuple, type PyValue, typeName } from '../python/value.ts';
import { type ConfigDict, type ConfigValue, isConfigDict, withoutFunctions } from './config-value.ts';
import { type DataFiles, dataFilesOf, filesName } from './data-files.ts';
import { FunctionRef } from './function-ref.ts';
import { generationKwargs } from './generation-kwargs.ts';

/** A text or number that stands where it does not belong is shown up to this length. */
const MAX_SHOWN_BYTES = 100;

/** The ways in which the harness can ask a model (`ALL_OUTPUT_TYPES`; CATALOGUE-13). */
export type OutputType = 'generate_until' | 'multiple_choice' | 'loglikelihood' | 'loglikelihood_rolling';

/** A field that gives a value per document: a column's name, a template, a literal, or a function. */
export type FieldSource = PyValue | FunctionRef;

/** What a task's worked examples have of their own; null is "not set", an empty text is set. */
export interface FewshotConfig {
  /** `default` draws at random, `first_n` takes the first ones. */
  readonly sampler: string;
  readonly samples: readonly Doc[] | null;
  readonly doc_to_text: FieldSource;
  readonly doc_to_target: FieldSource;
  readonly doc_to_choice: FieldSource;
}

/**
 * What sampling needs of a task, under the harness's names and with its defaults (`TaskConfig`; CATALOGUE-14). Fields that
 * only score answers are not here.
 */
export interface TaskConfig {
  readonly task: string;
  readonly dataset_path: string;
  /** The configuration; of a data set of one's own files, what tells these from others. */
  readonly dataset_name: string | null;
  /** The files, where the data set is one of one's own: `dataset_path: json` with `data_files`. */
  readonly data_files: DataFiles | null;
  readonly training_split: string | null;
  readonly validation_split: string | null;
  readonly test_split: string | null;
  readonly fewshot_split: string | null;
  readonly output_type: OutputType;
  readonly process_docs: FunctionRef | null;
  readonly doc_to_text: FieldSource;
  readonly doc_to_target: FieldSource;
  readonly doc_to_choice: FieldSource;
  readonly gen_prefix: FieldSource;
  readonly description: string;
  readonly target_delimiter: string;
  readonly fewshot_delimiter: string;
  readonly fewshot_config: FewshotConfig | null;
  readonly num_fewshot: number | null;
  /** As after `__post_init__`: `temperature` a float, `until` always there. Null for tasks that do not generate. */
  readonly generation_kwargs: PyDict | null;
  readonly repeats: number;
  /** Names of the metrics, in order; the output type's own where the task names none. */
  readonly metrics: readonly string[];
}

/** Every field of the harness's `TaskConfig`; another key makes it refuse the task. */
export const TASK_CONFIG_FIELDS: ReadonlySet<string> = new Set(
  `task task_alias tag custom_dataset dataset_path dataset_name dataset_kwargs training_split validation_split test_split
   fewshot_split process_docs doc_to_text doc_to_target doc_to_image doc_to_audio unsafe_code doc_to_choice process_results
   use_prompt description target_delimiter fewshot_delimiter fewshot_config num_fewshot metric_list output_type
   generation_kwargs repeats filter_list should_decontaminate doc_to_decontamination_query gen_prefix metadata`.split(
    /\s+/,
  ),
);

/** Metrics of tasks that name none (`DEFAULT_METRIC_REGISTRY`; CATALOGUE-16). */
const DEFAULT_METRICS: Readonly<Record<OutputType, readonly string[]>> = {
  generate_until: ['exact_match'],
  multiple_choice: ['acc', 'acc_norm'],
  loglikelihood: ['perplexity', 'acc'],
  loglikelihood_rolling: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
};

/** Made once for each configuration, which nobody changes. */
const views = new WeakMap<ConfigDict, TaskConfig>();

/**
 * The typed view of a task's resolved configuration, defaults filled in.
 * @throws PermanentError BadTaskDefinition naming task and field where a value has a type that the harness can't use;
 * UnsupportedHook where a function stands where only its result would do.
 */
export function toTaskConfig(config: ConfigDict): TaskConfig {
  const known = views.get(config);
  if (known !== undefined) return known;
  const view = readTaskConfig(config);
  views.set(config, view);
  return view;
}

function readTaskConfig(config: ConfigDict): TaskConfig {
  const read = new ConfigReader(config);
  const output_type = read.outputType();
  const fewshot_delimiter = read.text('fewshot_delimiter', '\n\n');
  return {
    task: read.task,
    dataset_path: read.text('dataset_path'),
    ...read.dataset(),
    training_split: read.optionalText('training_split'),
    validation_split: read.optionalText('validation_split'),
    test_split: read.optionalText('test_split'),
    fewshot_split: read.optionalText('fewshot_split'),
    output_type,
    process_docs: read.optionalFunction('process_docs'),
    doc_to_text: read.source('doc_to_text'),
    doc_to_target: read.source('doc_to_target'),
    doc_to_choice: read.source('doc_to_choice'),
    gen_prefix: read.source('gen_prefix'),
    description: read.optionalText('description') ?? '',
    target_delimiter: read.text('target_delimiter', ' '),
    fewshot_delimiter,
    fewshot_config: read.fewshotConfig(),
    num_fewshot: read.optionalCount('num_fewshot'),
    generation_kwargs: generationKwargs(
      config.get('generation_kwargs') ?? null,
      output_type,
      fewshot_delimiter,
      read.task,
    ),
    repeats: read.optionalCount('repeats') ?? 1,
    metrics: read.metrics() ?? DEFAULT_METRICS[output_type],
  };
}

/** Reads fields of one mapping, naming task and field where a value has the wrong type. */
class ConfigReader {
  readonly task: string;
  readonly #config: ConfigDict;
  readonly #path: string;

  constructor(config: ConfigDict, task?: string, path = '') {
    this.#config = config;
    this.#path = path;
    const name = config.get('task');
    this.task = task ?? (typeof name === 'string' ? name : '(without a name)');
  }

  text(field: string, fallback?: string): string {
    const value = this.#config.has(field) ? this.#config.get(field) : fallback;
    if (typeof value === 'string') return value;
    throw this.#wrong(field, 'text');
  }

  optionalText(field: string): string | null {
    const value = this.#config.get(field) ?? null;
    if (value === null || typeof value === 'string') return value;
    throw this.#wrong(field, 'text');
  }

  dataset(): Pick<TaskConfig, 'dataset_name' | 'data_files'> {
    const name = this.optionalText('dataset_name');
    const files = dataFilesOf(this.#config.get('dataset_path'), this.#config.get('dataset_kwargs'));
    // What can't be staged is told by `supportOf`.
    if (files === null || typeof files === 'string') return { dataset_name: name, data_files: null };
    return { dataset_name: filesName(files, name), data_files: files };
  }

  optionalCount(field: string): number | null {
    const value = this.#config.get(field) ?? null;
    if (value === null) return null;
    const count = typeof value === 'bigint' ? Number(value) : -1;
    if (Number.isSafeInteger(count) && count >= 0) return count;
    throw this.#wrong(field, 'a whole number from 0');
  }

  optionalFunction(field: string): FunctionRef | null {
    const value = this.#config.get(field) ?? null;
    if (value === null || value instanceof FunctionRef) return value;
    throw this.#wrong(field, 'a function');
  }

  source(field: string): FieldSource {
    const value = this.#config.get(field) ?? null;
    return value instanceof FunctionRef ? value : withoutFunctions(value, this.task);
  }

  outputType(): OutputType {
    const value = this.text('output_type', 'generate_until');
    if (isOutputType(value)) return value;
    throw this.#wrong('output_type', `one of ${Object.keys(DEFAULT_METRICS).join(', ')}`);
  }

  fewshotConfig(): FewshotConfig | null {
    const value = this.#config.get('fewshot_config') ?? null;
    if (value === null) return null;
    if (!isConfigDict(value)) throw this.#wrong('fewshot_config', 'a mapping');
    const read = new ConfigReader(value, this.task, 'fewshot_config.');
    return {
      sampler: read.text('sampler', 'default'),
      samples: read.#samples(),
      doc_to_text: read.source('doc_to_text'),
      doc_to_target: read.source('doc_to_target'),
      doc_to_choice: read.source('doc_to_choice'),
    };
  }

  metrics(): string[] | null {
    const list = this.#config.get('metric_list') ?? null;
    if (list === null) return null;
    if (!Array.isArray(list)) throw this.#wrong('metric_list', 'a list');
    return list.map((item) => {
      const metric = isConfigDict(item) ? item.get('metric') : undefined;
      if (metric instanceof FunctionRef) return metric.name;
      if (typeof metric === 'string') return metric;
      throw this.#wrong('metric_list', 'a list of mappings with a "metric"');
    });
  }

  #samples(): Doc[] | null {
    const value = this.#config.get('samples') ?? null;
    if (value === null) return null;
    const samples = withoutFunctions(value, this.task);
    if (!Array.isArray(samples)) throw this.#wrong('samples', 'a list of mappings');
    return samples.map((sample) => {
      if (!(sample instanceof Map)) throw this.#wrong('samples', 'a list of mappings');
      const doc: Doc = new Map();
      for (const [key, item] of sample) {
        if (typeof key !== 'string') throw this.#wrong('samples', 'a list of mappings from names');
        doc.set(key, item);
      }
      return doc;
    });
  }

  #wrong(field: string, wanted: string): PermanentError {
    const value = this.#config.get(field);
    const found = value === undefined ? 'it is missing' : `it holds ${kindOf(value)}`;
    return new PermanentError(
      'BadTaskDefinition',
      `Task ${this.task}: ${this.#path}${field} must be ${wanted}, but ${found}.`,
      {
        context: { task: this.task, field: this.#path + field },
      },
    );
  }
}

function isOutputType(value: string): value is OutputType {
  return Object.hasOwn(DEFAULT_METRICS, value);
}

/** What stands there, in words: a number, a truth value or a text is shown, what is long is only named. */
function kindOf(value: ConfigValue): string {
  if (value instanceof FunctionRef) return `the function ${value.hook}`;
  if (Array.isArray(value) || value instanceof PyTuple) return 'a list';
  if (isConfigDict(value)) return 'a mapping';
  if (typeof value === 'string') return `the text "${cutTo(value, MAX_SHOWN_BYTES)}"`;
  if (typeof value === 'bigint') return value.toString(16).length > MAX_SHOWN_BYTES ? 'a huge number' : `${value}`;
  return typeof value === 'number' || typeof value === 'boolean' ? repr(value) : typeName(value);
}
