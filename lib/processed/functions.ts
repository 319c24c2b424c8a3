import { FunctionRef } from '../catalogue/function-ref.ts';
import type { TaskConfig } from '../catalogue/task-config.ts';
import { findHook } from '../hooks/registry.ts';
import type { Doc } from '../python/value.ts';
import { fewshotSource } from '../task/fewshot.ts';
import type { SplitFields } from './portions.ts';

/** What has to be run of a task before it can be asked about. */
export interface TaskFunctions {
  /** Its Python functions, by the field that names them: `process_docs`, `doc_to_text`, `fewshot_config.doc_to_text`, ... */
  readonly functions: ReadonlyMap<string, FunctionRef>;
  /**
   * The splits that they are run on, with the fields wanted for their documents. The split of the examples comes first, as the
   * harness's constructor of a task looks at it before the evaluated one: what draws from a random generator depends on it.
   */
  readonly splits: readonly SplitFields[];
  /** Worked examples that stand in the definition: they go through functions of fields, and never through `process_docs`. */
  readonly samples: { readonly docs: readonly Doc[]; readonly fields: readonly string[] };
}

const FIELDS = ['doc_to_text', 'doc_to_target', 'doc_to_choice'] as const;

/** A task's functions; null where it has none, or all that it has are in `lib/hooks` and run while prompts are made. */
export function functionsOf(config: TaskConfig): TaskFunctions | null {
  const functions = new Map<string, FunctionRef>();
  const add = (field: string, value: unknown) => {
    if (value instanceof FunctionRef) functions.set(field, value);
  };
  add('process_docs', config.process_docs);
  for (const field of FIELDS) add(field, config[field]);
  for (const field of FIELDS) add(`fewshot_config.${field}`, config.fewshot_config?.[field]);
  if ([...functions.values()].every(({ hook }) => findHook(hook) !== undefined)) return null;
  const wanted = new Map<string, Set<string>>();
  const want = (split: string, field: string) => {
    const fields = wanted.get(split) ?? new Set();
    wanted.set(split, functions.has(field) ? fields.add(field) : fields);
  };
  const evaluated = config.test_split ?? config.validation_split;
  const examples = fewshotSource(config);
  for (const field of FIELDS) {
    const own = config.fewshot_config?.[field] ?? null;
    if (examples?.kind === 'split') want(examples.split, own === null ? field : `fewshot_config.${field}`);
  }
  for (const field of FIELDS) {
    if (evaluated !== null) want(evaluated, field);
  }
  const ofExamples = FIELDS.map((field) =>
    (config.fewshot_config?.[field] ?? null) === null ? field : `fewshot_config.${field}`,
  ).filter((field) => functions.has(field));
  const docs = examples?.kind === 'samples' && ofExamples.length > 0 ? examples.samples : [];
  return {
    functions,
    splits: [...wanted].map(([split, fields]) => ({
      split,
      fields: [...fields],
      asked: split === evaluated ? askedOf(config).filter((field) => fields.has(field)) : [],
    })),
    samples: { docs, fields: ofExamples },
  };
}

/** The fields that the harness looks at to make an instance, in its order (`Task.build_all_requests`). */
function askedOf({ output_type }: TaskConfig): string[] {
  if (output_type === 'multiple_choice') return ['doc_to_text', 'doc_to_choice'];
  return output_type === 'loglikelihood' ? ['doc_to_text', 'doc_to_target'] : ['doc_to_text'];
}
