import { Command, Option } from 'commander';
import * as z from 'zod';
import { listRequests } from '../../lib/operator/requests.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { print, table } from '../cli/output.ts';
import { withSession } from '../cli/session.ts';

const STATES = [
  'in_progress',
  'done',
  'failed',
  'sweeping',
  'swept',
  'rejected',
  'dropped',
  'resumed',
  'registering',
  'registered',
];

/** `sampler requests ls`: the newest records of sample_requests. */
export function requestsLsCommand(): Command {
  const command = new Command('ls')
    .description('list planned tasks and refused messages, the newest first')
    .addOption(new Option('--state <STATE>', 'only those that stand so').choices(STATES))
    .option('--task <NAME>', 'only this task')
    .option('--address <ADDRESS>', 'only this supplier')
    .option('--limit <N>', 'at most so many', '20')
    .addHelpText('after', examples('requests ls', 'requests ls --state failed --limit 100 --json'));
  return withJson(command).action(() => run(command));
}

async function run(command: Command): Promise<void> {
  const text = z.string().optional();
  const shape = { ...jsonOption, state: text, task: text, address: text, limit: wholeNumber('limit', 1) };
  const { json, limit, ...filter } = optionsOf(shape, command);
  await withSession(['mongodbUri'], async ({ clients }) => {
    const requests = await listRequests(clients.mongo().db(), filter, limit);
    print(json, requests, () =>
      table(
        ['ID', 'STATE', 'TASK', 'SUPPLIER', 'SHARDS', 'CREATED', 'ERROR'],
        requests.map(({ id, state, task, address, queue, shards, created_at, error }) => [
          id,
          state,
          task ?? `(message on ${queue})`,
          address ?? '-',
          shards === null ? '-' : `${shards.written}/${shards.total}`,
          created_at ?? '-',
          error === null ? '' : `${error.code}: ${error.message}`,
        ]),
      ),
    );
  });
}
