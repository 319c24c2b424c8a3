import { Command } from 'commander';
import * as z from 'zod';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { supportOf } from '../../lib/catalogue/support.ts';
import { SUPPORTED_HOOKS } from '../../lib/hooks/registry.ts';
import { tasksNamed, withCatalogue } from '../cli/catalogue.ts';
import { UsageError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { catalogueShape, jsonOption, optionsOf, withCatalogueOptions, withJson } from '../cli/options.ts';
import { counted, note, print, table } from '../cli/output.ts';

/** `sampler tasks ls`: the tasks of that name, with whether they can be sampled. */
export function tasksLsCommand(): Command {
  const command = new Command('ls')
    .description('list tasks: all, or those that names, wildcards, groups and tags stand for')
    .argument('[pattern...]', 'task, group or tag names; * and ? and [...] are wildcards')
    .option('--supported', 'only those that can be sampled')
    .option('--unsupported', 'only those that cannot, with the reason')
    .addHelpText(
      'after',
      examples("tasks ls 'mmlu_*_generative'", 'tasks ls leaderboard --unsupported', 'tasks ls --supported --json'),
    );
  return withJson(withCatalogueOptions(command)).action((patterns: string[]) => run(patterns, command));
}

async function run(patterns: readonly string[], command: Command): Promise<void> {
  const flag = z.boolean().default(false);
  const options = optionsOf({ ...jsonOption, ...catalogueShape, supported: flag, unsupported: flag }, command);
  if (options.supported && options.unsupported) throw new UsageError('--supported and --unsupported leave nothing.');
  await withCatalogue(options, async (catalogue) => {
    const entries = patterns.length === 0 ? await allTasks(catalogue) : await tasksNamed(catalogue, patterns);
    const tasks = entries
      .map(listed)
      .filter(({ supported }) => (!options.supported || supported) && (!options.unsupported || !supported));
    print(options.json, tasks, () =>
      table(
        ['TASK', 'TYPE', 'CAN BE SAMPLED'],
        tasks.map(({ task, output_type, reason }) => [task, output_type, reason === null ? 'yes' : `no: it ${reason}`]),
      ),
    );
    if (!options.json) note(`${counted(tasks.length, 'task')} of ${catalogue.source}`);
  });
}

async function allTasks(catalogue: Catalogue): Promise<TaskEntry[]> {
  const entries: TaskEntry[] = [];
  for (const [name, { type }] of catalogue.index) {
    const entry = type === 'task' || type === 'python_task' ? await catalogue.find(name) : null;
    if (entry) entries.push(entry);
  }
  return entries;
}

function listed(entry: TaskEntry) {
  const support = supportOf(entry, SUPPORTED_HOOKS);
  const type = entry.config.get('output_type');
  return {
    task: entry.name,
    output_type: typeof type === 'string' ? type : entry.config.has('class') ? '-' : 'generate_until',
    supported: support.supported,
    reason: support.supported ? null : support.reason,
  };
}
