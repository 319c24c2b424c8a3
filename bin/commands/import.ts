import { Command } from 'commander';
import { type BatchAnswer, readAnswer } from '../../lib/operator/batch-answers.ts';
import { importAnswers } from '../../lib/operator/batch-import.ts';
import { examples } from '../cli/group.ts';
import { linesOf } from '../cli/lines.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { print } from '../cli/output.ts';
import { withSession } from '../cli/session.ts';

/** `sampler import`: answers of batch services as responses. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('take the answers of batch services as responses; the clock then scores the tasks that are done')
    .argument('<files...>', "a batch's output and error files, or lines with custom_id and response")
    .addHelpText('after', examples('import output.jsonl errors.jsonl', 'import output.jsonl --json'));
  return withJson(command).action((files: string[]) => run(files, command));
}

async function run(files: readonly string[], command: Command): Promise<void> {
  const { json } = optionsOf(jsonOption, command);
  await withSession(['mongodbUri'], async ({ clients }) => {
    const imported = await importAnswers(clients.mongo(), () => answersIn(files));
    const { answers, written, known, done } = imported;
    print(json, imported, () =>
      [
        `${answers} answers: ${written} responses written, ${known} to prompts that had been answered before`,
        ...done.map((id) => `done: ${id}`),
      ].join('\n'),
    );
  });
}

async function* answersIn(files: readonly string[]): AsyncGenerator<BatchAnswer> {
  for (const file of files) {
    for await (const { number, line } of linesOf(file)) {
      if (line.trim() !== '') yield readAnswer(file, number, line);
    }
  }
}
