import { Command } from 'commander';
import { NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { facts, print } from '../cli/output.ts';
import { letterJson, withDeadLetters } from '../cli/queues.ts';

/** `sampler dlq show`: whole messages. */
export function dlqShowCommand(): Command {
  const command = new Command('show')
    .description('show body and attributes of a message in a dead-letter queue; it stays in it')
    .argument('<id>', 'id of the request or of the message, as dlq ls gives it')
    .addHelpText('after', examples('dlq show 2b8f6f0e-6f0c-4d59-9a3b-0d6a4f1c2e77'));
  return withJson(command).action((id: string) => run(id, command));
}

async function run(id: string, command: Command): Promise<void> {
  const { json } = optionsOf(jsonOption, command);
  const all = await withDeadLetters(undefined, async (letters, queue) =>
    (await letters.list(Number.POSITIVE_INFINITY)).map((letter) => ({ queue, ...letter })),
  );
  const found = all.flat().filter(({ messageId, requestId }) => messageId === id || requestId === id);
  if (found.length === 0) throw new NotFoundError(`no dead-letter queue holds a message ${id}.`);
  print(json, found.map(letterJson), () =>
    found
      .map(({ queue, messageId, sentAt, attributes, body }) =>
        facts([
          ['queue', queue],
          ['message', messageId],
          ['sent', sentAt.toISOString()],
          ...Object.entries(attributes),
          ['body', body],
        ]),
      )
      .join('\n\n'),
  );
}
