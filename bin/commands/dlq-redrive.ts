import { Command } from 'commander';
import * as z from 'zod';
import { NotFoundError, UsageError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, repeatable, withJson } from '../cli/options.ts';
import { note, print } from '../cli/output.ts';
import { withDeadLetters } from '../cli/queues.ts';

/** `sampler dlq redrive`: sends messages back to the queue they came from. */
export function dlqRedriveCommand(): Command {
  const command = new Command('redrive')
    .description('send messages back to the queue that they came from, as the requests they were')
    .argument('[queue]', 'register, sample, shard or evaluate (default: all)')
    .addOption(repeatable('--id <ID>', 'only this message, by its own id or its request; can be repeated'))
    .option('--all', 'all messages')
    .addHelpText('after', examples('dlq redrive --id 2b8f6f0e-6f0c-4d59-9a3b-0d6a4f1c2e77', 'dlq redrive shard --all'));
  return withJson(command).action((queue: string | undefined) => run(queue, command));
}

async function run(name: string | undefined, command: Command): Promise<void> {
  const shape = { ...jsonOption, id: z.array(z.string()).default([]), all: z.boolean().default(false) };
  const { json, id: ids, all } = optionsOf(shape, command);
  if (all === ids.length > 0) throw new UsageError('Say which: --all, or --id once or more often.');
  const sent: { queue: string; message_id: string; request_id: string }[] = [];
  const chosen = new Set(ids);
  await withDeadLetters(name, (letters, queue) =>
    letters.redrive(
      ({ messageId, requestId }) => all || chosen.has(messageId) || chosen.has(requestId),
      ({ messageId, requestId }) => {
        sent.push({ queue, message_id: messageId, request_id: requestId });
        note(`sent back to ${queue}: ${requestId}`);
      },
    ),
  );
  print(json, sent, () => `${sent.length} messages sent back`);
  const missing = ids.filter(
    (id) => !sent.some(({ message_id, request_id }) => message_id === id || request_id === id),
  );
  if (missing.length > 0) throw new NotFoundError(`no dead-letter queue held ${missing.join(', ')}.`);
}
