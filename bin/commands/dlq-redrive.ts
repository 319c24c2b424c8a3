import { Command } from 'commander';
import * as z from 'zod';
import { NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, repeatable, withJson } from '../cli/options.ts';
import { counted, note, print } from '../cli/output.ts';
import { chooseLetters, withDeadLetters } from '../cli/queues.ts';

/** `sampler dlq redrive`: sends messages back to the queue they came from. */
export function dlqRedriveCommand(): Command {
  const command = new Command('redrive')
    .description('send messages back to the queue that they came from, as the requests they were')
    .argument('[queue]', 'register, sample, shard or evaluate (default: all)')
    .addOption(repeatable('--id <ID>', 'only this message, by its own id, its request, plan or task; can be repeated'))
    .option('--all', 'all messages')
    .addHelpText('after', examples('dlq redrive --id 2b8f6f0e-6f0c-4d59-9a3b-0d6a4f1c2e77', 'dlq redrive shard --all'));
  return withJson(command).action((queue: string | undefined) => run(queue, command));
}

async function run(name: string | undefined, command: Command): Promise<void> {
  const shape = { ...jsonOption, id: z.array(z.string()).default([]), all: z.boolean().default(false) };
  const { json, id: ids, all } = optionsOf(shape, command);
  const chosen = await chooseLetters(name, all, ids);
  const sent: { queue: string; message_id: string; request_id: string }[] = [];
  await withDeadLetters(name, (letters, queue) =>
    letters.redrive(chosen.wanted, (letter) => {
      const { messageId, requestId } = letter;
      chosen.took(letter);
      sent.push({ queue, message_id: messageId, request_id: requestId });
      note(`sent back to ${queue}: ${requestId}`);
    }),
  );
  print(json, sent, () => `${counted(sent.length, 'message')} sent back`);
  const missing = chosen.missing();
  if (missing.length > 0) throw new NotFoundError(`no dead-letter queue held ${missing.join(', ')}.`);
}
