import { Command } from 'commander';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { hooksOf, type Support, supportOf } from '../../lib/catalogue/support.ts';
import { SUPPORTED_HOOKS } from '../../lib/hooks/registry.ts';
import { shotsInEffect } from '../../lib/plan/asked-settings.ts';
import { twinName } from '../../lib/plan/choose-task.ts';
import { overrideFor } from '../../lib/plan/overrides.ts';
import { functionsOf } from '../../lib/processed/functions.ts';
import { dumps } from '../../lib/python/json.ts';
import { readScoringConfig } from '../../lib/scoring/config.ts';
import { scorableIn } from '../../lib/scoring/scorable.ts';
import { selectionFor } from '../../lib/scoring/selection.ts';
import { fewshotSource } from '../../lib/task/fewshot.ts';
import { noteClashes, tasksNamed, withCatalogue } from '../cli/catalogue.ts';
import { examples } from '../cli/group.ts';
import { catalogueShape, jsonOption, optionsOf, withCatalogueOptions, withJson } from '../cli/options.ts';
import { facts, print, table } from '../cli/output.ts';
import { planningSettings } from '../cli/session.ts';

/** `sampler tasks show`: all about one task, or what a group or tag holds. */
export function tasksShowCommand(): Command {
  const command = new Command('show')
    .description('show what a task asks and needs: support, data set, splits, shots, Python functions, twin')
    .argument('<task>', 'name of a task, group or tag')
    .addHelpText('after', examples('tasks show gsm8k', 'tasks show mmlu', 'tasks show hellaswag --json'));
  return withJson(withCatalogueOptions(command)).action((name: string) => run(name, command));
}

async function run(name: string, command: Command): Promise<void> {
  const options = optionsOf({ ...jsonOption, ...catalogueShape }, command);
  await withCatalogue(options, async (catalogue) => {
    const entries = await tasksNamed(catalogue, [name]);
    await noteClashes(catalogue, [name], entries);
    const [only] = entries;
    if (only && entries.length === 1 && only.name === name) {
      const about = await aboutTask(catalogue, only);
      print(options.json, about, () => taskText(about));
      return;
    }
    const about = { name, type: catalogue.index.get(name)?.type ?? 'wildcard', tasks: entries.map(member) };
    print(options.json, about, () => {
      const supported = about.tasks.filter((task) => task.supported).length;
      const head = `${name}: a ${about.type} of ${entries.length} tasks, of which ${supported} can be sampled`;
      const rows = about.tasks.map(({ task, supported }) => [task, supported ? 'yes' : 'no']);
      return `${head}\n${table(['TASK', 'CAN BE SAMPLED'], rows)}`;
    });
  });
}

function member(entry: TaskEntry) {
  return { task: entry.name, supported: supportOf(entry, SUPPORTED_HOOKS).supported };
}

async function aboutTask(catalogue: Catalogue, entry: TaskEntry) {
  const support = supportOf(entry, SUPPORTED_HOOKS);
  const common = {
    task: entry.name,
    defined_in: entry.yaml,
    supported: support.supported,
    reason: support.supported ? null : support.reason,
    scoring: await scorableIn(catalogue, entry),
    hooks: {
      sampling: hooksOf(entry.config, 'sampling').map((hook) => ({
        hook,
        here: SUPPORTED_HOOKS.has(hook),
        runs: whereRun(hook, support),
      })),
      scoring: hooksOf(entry.config, 'scoring'),
    },
  };
  if (!support.supported) return { ...common, details: null };
  const { config } = support;
  const source = fewshotSource(config);
  const { taskRows } = planningSettings();
  const row = overrideFor(entry.name, taskRows);
  const override = row.numFewshot ?? null;
  const scoring = readScoringConfig(entry.name, entry.config);
  const metrics = scoring.metrics?.map(({ name }) => name) ?? [];
  const filters = scoring.filters.map(({ name }) => name);
  const selected = selectionFor(entry.name, filters, metrics, taskRows);
  const twin = config.output_type === 'multiple_choice' ? await catalogue.find(twinName(entry.name)) : null;
  return {
    ...common,
    details: {
      output_type: config.output_type,
      dataset_path: config.dataset_path,
      dataset_name: config.dataset_name,
      splits: {
        training: config.training_split,
        validation: config.validation_split,
        test: config.test_split,
        fewshot: config.fewshot_split,
      },
      asked_split: config.test_split ?? config.validation_split,
      shots: {
        yaml: config.num_fewshot,
        table: override,
        table_from: row.source,
        in_effect: shotsInEffect(override, config.num_fewshot),
        from: source?.kind === 'samples' ? `${source.samples.length} samples of its own` : (source?.split ?? null),
        sampler: config.fewshot_config?.sampler ?? 'default',
      },
      scored: selected,
      repeats: config.repeats,
      generation_kwargs: config.generation_kwargs === null ? null : dumps(config.generation_kwargs),
      twin: twin && { task: twin.name, supported: supportOf(twin, SUPPORTED_HOOKS).supported },
    },
  };
}

/** Where a function that asking needs is run. */
function whereRun(hook: string, support: Support): string {
  if (!support.supported) return SUPPORTED_HOOKS.has(hook) ? 'while prompts are made' : 'nowhere';
  // Of a task's functions either all are here, or all are run in the sandbox.
  return functionsOf(support.config) === null
    ? 'while prompts are made'
    : 'in the sandbox, when the task is registered';
}

type About = Awaited<ReturnType<typeof aboutTask>>;

function taskText({ task, defined_in, reason, scoring, hooks, details }: About): string {
  const functions = hooks.sampling.map(({ hook, runs }) => `${hook} (run ${runs})`);
  return facts([
    ['task', task],
    ['defined in', defined_in],
    ['can be sampled', reason === null ? 'yes' : `no: it ${reason}`],
    ['WARNING', scoring.scorable ? null : `its answers can't be scored here: it ${scoring.reason}`],
    ...(details === null ? [] : detailFacts(details)),
    ['Python functions for asking', functions.join(', ')],
    ['for scoring only', hooks.scoring.join(', ')],
    ['scored by Python', scoring.scorable ? scoring.python.join(', ') : ''],
  ]);
}

function detailFacts(details: NonNullable<About['details']>): [string, string | null][] {
  const { splits, shots, scored, twin } = details;
  const named = Object.entries(splits).flatMap(([use, split]) => (split === null ? [] : [`${use} ${split}`]));
  const paths = details.output_type === 'generate_until' ? 'chat and completions' : 'completions';
  return [
    ['output type', details.output_type],
    [
      'asked on',
      twin ? `${paths}; on chat ${twin.task} in its place${twin.supported ? '' : ' (cannot be sampled)'}` : paths,
    ],
    ['data set', `${details.dataset_path}${details.dataset_name === null ? '' : ` (${details.dataset_name})`}`],
    ['splits', named.join(', ')],
    ['asks about', details.asked_split],
    [
      'shots',
      `${shots.in_effect} (YAML ${shots.yaml ?? '-'}, ${shots.table_from === 'configuration' ? 'configuration' : 'table'} ${shots.table ?? '-'}), ${shots.sampler} from ${shots.from ?? 'nowhere'}`,
    ],
    ['scored by', `filter ${scored.filter}, metric ${scored.metric ?? 'the first'} (by ${scored.source})`],
    ['answers per document', String(details.repeats)],
    ['generation', details.generation_kwargs],
  ];
}
