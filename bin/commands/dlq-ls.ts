import { Command } from 'commander';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { print, table } from '../cli/output.ts';
import { letterJson, listLetters } from '../cli/queues.ts';

/** `sampler dlq ls`: what lies in the dead-letter queues. */
export function dlqLsCommand(): Command {
  const command = new Command('ls')
    .description('list messages of the dead-letter queues; all stay in them')
    .argument('[queue]', 'register, sample, shard or evaluate (default: all)')
    .option('--limit <N>', 'at most so many, those that lie there longest', '50')
    .addHelpText('after', examples('dlq ls', 'dlq ls sample --json'));
  return withJson(command).action((queue: string | undefined) => run(queue, command));
}

async function run(name: string | undefined, command: Command): Promise<void> {
  const { json, limit } = optionsOf({ ...jsonOption, limit: wholeNumber('limit', 1) }, command);
  const found = await listLetters(name, limit);
  print(json, found.map(letterJson), () =>
    found.length === 0
      ? 'nothing lies in the dead-letter queues'
      : table(
          ['QUEUE', 'REQUEST', 'SENT', 'CODE', 'REASON'],
          found.map(({ queue, request, sentAt, code, reason }) => [
            queue,
            request,
            sentAt.toISOString(),
            code ?? '-',
            reason ?? 'moved here by SQS after its last try',
          ]),
        ),
  );
}
