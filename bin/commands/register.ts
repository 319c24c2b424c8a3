import { Command } from 'commander';
import * as z from 'zod';
import { parseMessage } from '../../lib/messages/parse.ts';
import { registerMessage } from '../../lib/messages/register.ts';
import { waitForRegister } from '../../lib/operator/waiting.ts';
import { withTwins } from '../../lib/register/register.ts';
import { tasksNamed, withCatalogue } from '../cli/catalogue.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { print } from '../cli/output.ts';
import { type Followed, follow, sendMessage } from '../cli/send.ts';
import { withSession } from '../cli/session.ts';

/** `sampler register`: a register message. */
export function registerCommand(): Command {
  const command = new Command('register')
    .description('ask for the data sets of tasks to be loaded into Postgres')
    .argument('<tasks...>', 'names, wildcards, groups and tags')
    .option('--include-path <NAME>', 'also look among the definitions staged under NAME')
    .option('--wait', 'wait until all are registered; exit code 3 where one is not')
    .option('--timeout <SECONDS>', 'how long to wait', '900')
    .addHelpText('after', examples('register gsm8k', "register arc_challenge hellaswag 'mmlu_*' --wait"));
  return withJson(command).action((tasks: string[]) => run(tasks, command));
}

async function run(names: readonly string[], command: Command): Promise<void> {
  const shape = {
    includePath: z.string().optional(),
    wait: z.boolean().default(false),
    timeout: wholeNumber('timeout', 1),
  };
  const { json, includePath, wait, timeout } = optionsOf({ ...jsonOption, ...shape }, command);
  const body = JSON.stringify({ framework: 'lmeh', tasks: names.join(','), include_path: includePath });
  parseMessage('register', registerMessage, body);
  if (!wait) {
    await withSession(['registerQueueUrl'], async ({ config, clients }) => {
      const id = await sendMessage(clients.sqs(), config.registerQueueUrl, body);
      print(json, { request_id: id, queue: config.registerQueueUrl }, () => `sent: ${id}`);
    });
    return;
  }
  const tasks = await withCatalogue({ includePath }, async (catalogue) =>
    (await withTwins(catalogue, await tasksNamed(catalogue, names))).map(({ name }) => name),
  );
  await withSession(['registerQueueUrl', 'postgresUri', 'mongodbUri'], async ({ config, clients }) => {
    const [sqs, queueUrl] = [clients.sqs(), config.registerQueueUrl];
    const requestId = await sendMessage(sqs, queueUrl, body);
    const waiting = { db: clients.mongo().db(), sqs, queueUrl, requestId, tasks, timeoutMs: timeout * 1000 };
    const wait: Followed['wait'] = (onLook) => waitForRegister({ ...waiting, onLook }, clients.sql());
    await follow({ json, requestId, queueUrl, doing: 'registering', done: 'registered', wait });
  });
}
