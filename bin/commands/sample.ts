import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import * as z from 'zod';
import { listed } from '../../lib/errors/bounds.ts';
import { type SampleMessage, SIGNATURES } from '../../lib/messages/sample.ts';
import { registeredTasks, waitForSample } from '../../lib/operator/waiting.ts';
import { planSignatures } from '../../lib/signatures/plan.ts';
import { tasksNamed, withCatalogue } from '../cli/catalogue.ts';
import { UsageError } from '../cli/exit.ts';
import { readGiven } from '../cli/given-file.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, typed, wholeNumber, withJson } from '../cli/options.ts';
import { print } from '../cli/output.ts';
import { readOptionsBody, readSampleBody, requestShape, sampleBody, withRequestOptions } from '../cli/request.ts';
import { type Followed, follow, sendMessage } from '../cli/send.ts';
import { withSession } from '../cli/session.ts';
import { warnOfUnscored } from '../cli/unscored.ts';

/** What goes with a message of one's own. */
const BESIDE_MESSAGE = ['message', 'json', 'wait', 'timeout'];

/** `sampler sample`: a sample message. */
export function sampleCommand(): Command {
  const command = new Command('sample')
    .description('ask for prompts of tasks for one supplier')
    .argument('[tasks...]', 'names, wildcards, groups and tags')
    .option('--address <ADDRESS>', "the supplier's address")
    .option('--service <SERVICE>', 'the code of the service that it is asked on')
    .option('--include-path <NAME>', 'also look among the definitions staged under NAME')
    .option('--message <FILE>', 'send this message, as it is, in place of one made of options; - reads standard input')
    .option('--wait', 'wait until all prompts are written; exit code 3 where a task fails')
    .option('--timeout <SECONDS>', 'how long to wait', '900')
    .addHelpText(
      'after',
      examples(
        'sample gsm8k --address SUPPLIER --service SERVICE --qty 50 --wait',
        'sample mmlu_anatomy --address SUPPLIER --service SERVICE --doc-ids 0-9 --path /v1/completions',
        'sample --message request.json',
        'preview gsm8k --qty 50 --seed 7    # what --seed 7 will ask',
      ),
    );
  return withJson(withRequestOptions(command)).action((tasks: string[]) => run(tasks, command));
}

async function run(names: readonly string[], command: Command): Promise<void> {
  const own = {
    address: z.string().optional(),
    service: z.string().optional(),
    includePath: z.string().optional(),
    message: z.string().optional(),
    wait: z.boolean().default(false),
    timeout: wholeNumber('timeout', 1),
  };
  const options = optionsOf({ ...jsonOption, ...requestShape, ...own }, command);
  const { message: file } = options;
  const body = file === undefined ? bodyOf(names, options) : await ownBody(names, file, command);
  const message = file === undefined ? readOptionsBody(body) : readSampleBody(body);
  const supplier = message.requester_args.address;
  if (!options.wait) {
    await withSession(['sampleQueueUrl'], async ({ config, clients }) => {
      const id = await sendMessage(clients.sqs(), config.sampleQueueUrl, body, supplier);
      print(options.json, { request_id: id, queue: config.sampleQueueUrl }, () => `sent: ${id}`);
    });
    return;
  }
  const tasks = await tasksOf(message);
  await withSession(['sampleQueueUrl', 'mongodbUri'], async ({ config, clients }) => {
    const [sqs, queueUrl] = [clients.sqs(), config.sampleQueueUrl];
    const requestId = await sendMessage(sqs, queueUrl, body, supplier);
    const waiting = { db: clients.mongo().db(), sqs, queueUrl, requestId, tasks, timeoutMs: options.timeout * 1000 };
    const wait: Followed['wait'] = (onLook) => waitForSample({ ...waiting, onLook });
    await follow({
      json: options.json,
      requestId,
      queueUrl,
      doing: 'sampling',
      done: 'written',
      hint: notRegistered,
      wait,
    });
  });
}

/** Which tasks have no table yet: they wait for a register message that is on its way, or fail without one. */
async function notRegistered(tasks: readonly string[]): Promise<string | undefined> {
  if (!process.env['POSTGRES_URI']) return undefined;
  return withSession(['postgresUri'], async ({ clients }) => {
    const there = await registeredTasks(clients.sql(), tasks);
    const missing = tasks.filter((task) => !there.has(task));
    if (missing.length === 0) return undefined;
    const names = listed(missing, 3);
    return `${names}: not registered yet. If no register message is on its way, type: npx sampler register ${missing.slice(0, 3).join(' ')}`;
  });
}

/** The tasks that a message leads to. @throws PermanentError, NotFoundError for names that lead to none */
async function tasksOf(message: SampleMessage): Promise<string[]> {
  if (message.framework === SIGNATURES) return planSignatures(message, 0n).map(({ task }) => task);
  return withCatalogue({ includePath: message.include_path }, async (catalogue) => {
    const entries = await tasksNamed(catalogue, [message.tasks]);
    await warnOfUnscored(catalogue, entries);
    return entries.map(({ name }) => name);
  });
}

type Options = Parameters<typeof sampleBody>[2] & {
  address?: string | undefined;
  service?: string | undefined;
  includePath?: string | undefined;
};

function bodyOf(names: readonly string[], options: Options): string {
  const { address, service } = options;
  if (names.length === 0) throw new UsageError('Name the tasks to ask for, or give a whole message with --message.');
  if (address === undefined || service === undefined)
    throw new UsageError('Give --address and --service of the supplier.');
  return sampleBody(names, { address, service }, options, options.includePath);
}

async function ownBody(names: readonly string[], file: string, command: Command): Promise<string> {
  const others = Object.keys(command.opts()).filter((name) => !BESIDE_MESSAGE.includes(name));
  if (names.length > 0 || others.length > 0) {
    throw new UsageError(`--message is sent as it is; leave out ${[...names, ...others.map(typed)].join(', ')}.`);
  }
  if (file === '-') return text(process.stdin);
  return readGiven('message', file);
}
