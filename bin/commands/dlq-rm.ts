import { Command } from 'commander';
import * as z from 'zod';
import { NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, repeatable, withJson } from '../cli/options.ts';
import { counted, note, print } from '../cli/output.ts';
import { chooseLetters, withDeadLetters } from '../cli/queues.ts';

/** `sampler dlq rm`: removes messages for good. */
export function dlqRmCommand(): Command {
  const command = new Command('rm')
    .description('remove messages from the dead-letter queues for good; what was recorded of them stays')
    .argument('[queue]', 'register, sample, shard or evaluate (default: all)')
    .addOption(repeatable('--id <ID>', 'only this message, by its own id, its request, plan or task; can be repeated'))
    .option('--all', 'all messages')
    .addHelpText('after', examples('dlq rm --id 2b8f6f0e-6f0c-4d59-9a3b-0d6a4f1c2e77', 'dlq rm register --all'));
  return withJson(command).action((queue: string | undefined) => run(queue, command));
}

async function run(name: string | undefined, command: Command): Promise<void> {
  const shape = { ...jsonOption, id: z.array(z.string()).default([]), all: z.boolean().default(false) };
  const { json, id: ids, all } = optionsOf(shape, command);
  const chosen = await chooseLetters(name, all, ids);
  const removed: { queue: string; message_id: string; request_id: string }[] = [];
  await withDeadLetters(name, (letters, queue) =>
    letters.remove(chosen.wanted, (letter) => {
      const { messageId, requestId } = letter;
      chosen.took(letter);
      removed.push({ queue, message_id: messageId, request_id: requestId });
      note(`removed from ${queue}: ${requestId}`);
    }),
  );
  print(json, removed, () => `${counted(removed.length, 'message')} removed`);
  const missing = chosen.missing();
  if (missing.length > 0) throw new NotFoundError(`no dead-letter queue held ${missing.join(', ')}.`);
}
