import type { ConfigDict, ConfigValue } from '../config-value.ts';
import type { TaskEntry } from '../entry.ts';
import { FunctionRef } from '../function-ref.ts';
import type { TaskRoot } from '../task-index.ts';

const FOLDER = 'mmlu_pro_categories';
const CATEGORIES = [
  'biology',
  'business',
  'chemistry',
  'computer-science',
  'economics',
  'engineering',
  'health',
  'history',
  'law',
  'math',
  'other',
  'philosophy',
  'physics',
  'psychology',
];

/** Tasks that the harness does not have: MMLU-Pro split by category, as the Python service defines it. */
export function ownTasks(): TaskRoot {
  const tasks = CATEGORIES.map(mmluProCategory);
  return {
    index: new Map(tasks.map(({ name }) => [name, { type: 'task' }])),
    tasks: new Map(tasks.map((task) => [task.name, task])),
  };
}

function mmluProCategory(category: string): TaskEntry {
  const name = `mmlu_pro-category_${category}`;
  const config = dict({
    dataset_path: 'RawthiL/mmlu_pro_categories',
    test_split: 'test',
    fewshot_split: 'validation',
    fewshot_config: dict({ sampler: 'first_n', doc_to_text: hook('fewshot_to_text'), doc_to_target: '' }),
    output_type: 'generate_until',
    doc_to_text: hook('doc_to_text'),
    doc_to_target: 'answer',
    filter_list: [
      dict({
        name: 'custom-extract',
        filter: [
          dict({ function: 'regex', regex_pattern: 'answer is \\(?([ABCDEFGHIJ])\\)?' }),
          dict({ function: 'take_first' }),
        ],
      }),
    ],
    generation_kwargs: dict({ until: ['Question:'], max_gen_toks: 2048n, do_sample: false, temperature: 0 }),
    num_fewshot: 5n,
    metric_list: [
      dict({
        metric: 'exact_match',
        aggregation: 'mean',
        higher_is_better: true,
        ignore_case: true,
        ignore_punctuation: true,
      }),
    ],
    metadata: dict({ version: 2.1 }),
    dataset_name: `category_${category}`,
    description: `The following are questions on the subject of : ${category.replace('-', ' ')}.\n\n`,
    task: name,
    task_alias: `MMLU Pro category ${category}`,
  });
  return { name, yaml: `${FOLDER}/${name}.yaml`, config, problem: null };
}

function hook(name: string): FunctionRef {
  return new FunctionRef(FOLDER, 'utils', name);
}

function dict(values: Record<string, ConfigValue>): ConfigDict {
  return new Map(Object.entries(values));
}
