import { Command } from 'commander';
import { NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { facts, print } from '../cli/output.ts';
import { idsOf, letterJson, listLetters } from '../cli/queues.ts';

/** `sampler dlq show`: whole messages. */
export function dlqShowCommand(): Command {
  const command = new Command('show')
    .description('show body and attributes of a message in a dead-letter queue; it stays in it')
    .argument('<id>', 'id of the request, the message, the plan or the task')
    .addHelpText('after', examples('dlq show 2b8f6f0e-6f0c-4d59-9a3b-0d6a4f1c2e77'));
  return withJson(command).action((id: string) => run(id, command));
}

async function run(id: string, command: Command): Promise<void> {
  const { json } = optionsOf(jsonOption, command);
  const all = await listLetters(undefined, Number.POSITIVE_INFINITY);
  const found = all.filter((letter) => idsOf(letter, letter.request).includes(id));
  if (found.length === 0) {
    throw new NotFoundError(
      `no dead-letter queue holds a message ${id}; what became of it: npx sampler requests show ${id}`,
    );
  }
  print(json, found.map(letterJson), () =>
    found
      .map(({ queue, messageId, request, sentAt, attributes, body }) =>
        facts([
          ['queue', queue],
          ['message', messageId],
          ['request', request],
          ['sent', sentAt.toISOString()],
          ...Object.entries(attributes),
          ['body', body],
        ]),
      )
      .join('\n\n'),
  );
}
