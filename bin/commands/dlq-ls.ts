import { Command } from 'commander';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { print, table } from '../cli/output.ts';
import { letterJson, withDeadLetters } from '../cli/queues.ts';

/** `sampler dlq ls`: what lies in the dead-letter queues. */
export function dlqLsCommand(): Command {
  const command = new Command('ls')
    .description('list messages of the dead-letter queues; all stay in them')
    .argument('[queue]', 'register, sample, shard or evaluate (default: all)')
    .option('--limit <N>', 'at most so many of each queue', '50')
    .addHelpText('after', examples('dlq ls', 'dlq ls sample --json'));
  return withJson(command).action((queue: string | undefined) => run(queue, command));
}

async function run(name: string | undefined, command: Command): Promise<void> {
  const { json, limit } = optionsOf({ ...jsonOption, limit: wholeNumber('limit', 1) }, command);
  const found = await withDeadLetters(name, async (letters, queue) =>
    (await letters.list(limit)).map((letter) => ({ queue, ...letter })),
  );
  print(json, found.flat().map(letterJson), () =>
    table(
      ['QUEUE', 'REQUEST', 'SENT', 'CODE', 'REASON'],
      found
        .flat()
        .map(({ queue, requestId, sentAt, code, reason }) => [
          queue,
          requestId,
          sentAt.toISOString(),
          code ?? '-',
          (reason ?? 'moved here by SQS after its last try').slice(0, 120),
        ]),
    ),
  );
}
