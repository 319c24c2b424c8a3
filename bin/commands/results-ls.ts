import { Command } from 'commander';
import * as z from 'zod';
import { listResults, type ResultView } from '../../lib/operator/results.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { print, table } from '../cli/output.ts';
import { withSession } from '../cli/session.ts';

/** `sampler results ls`: the latest evaluations. */
export function resultsLsCommand(): Command {
  const command = new Command('ls')
    .description('list evaluated tasks, newest first')
    .option('--task <TASK>', 'only of this task')
    .option('--address <ADDRESS>', 'only of this supplier')
    .option('--limit <N>', 'how many', '20')
    .addHelpText('after', examples('results ls', 'results ls --task gsm8k --limit 100'));
  return withJson(command).action(() => run(command));
}

async function run(command: Command): Promise<void> {
  const shape = { task: z.string().optional(), address: z.string().optional(), limit: wholeNumber('limit', 1) };
  const { json, limit, ...which } = optionsOf({ ...jsonOption, ...shape }, command);
  await withSession(['mongodbUri'], async ({ clients }) => {
    const results = await listResults(clients.mongo().db(), which, limit);
    print(json, results, () =>
      table(['ID', 'TASK', 'SUPPLIER', 'STATE', 'SCORE', 'DOCUMENTS', 'FAILED', 'UPDATED'], results.map(row)),
    );
  });
}

function row(result: ResultView): string[] {
  const { id, task, address, state, documents, failed, updated_at } = result;
  return [
    id,
    task ?? '',
    address ?? '',
    state,
    scoreOf(result),
    String(documents ?? ''),
    String(failed ?? ''),
    updated_at,
  ];
}

/** The mean of what became the scores. */
function scoreOf({ selected, metrics }: ResultView): string {
  const of = metrics.find(
    ({ filter, metric }) => filter === selected?.filter && (selected.metric ?? metric) === metric,
  );
  return of === undefined ? '' : of.mean.toFixed(4);
}
