import { Command } from 'commander';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { tasksOfId } from '../../lib/operator/identity.ts';
import { findRequests, type PromptView, promptsOf, type RequestView } from '../../lib/operator/requests.ts';
import { findResult, type ResultView } from '../../lib/operator/results.ts';
import { NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { facts, print } from '../cli/output.ts';
import { type FoundLetter, listLetters, QUEUES } from '../cli/queues.ts';
import { withSession } from '../cli/session.ts';

/** `sampler requests show`: one record, or all of one message. */
export function requestsShowCommand(): Command {
  const command = new Command('show')
    .description('show how a request stands: progress, error, lease, documents')
    .argument(
      '<id>',
      'id of a request or its message, a plan or its tasks document, an instance, a prompt, a dead letter',
    )
    .option('--prompts', 'also show what is asked: `data` of its prompts, as a Requester posts it')
    .option('--limit <N>', 'prompts that are shown of each task', '20')
    .addHelpText(
      'after',
      examples(
        'requests show 6565a1f0c0ffee0123456789',
        'requests show 2b8f6f0e-6f0c-4d59-9a3b-0d6a4f1c2e77 --json',
        'requests show 6565a1f0c0ffee0123456789 --prompts --limit 3',
      ),
    );
  return withJson(command).action((id: string) => run(id, command));
}

/** A request, with what is asked and how its task was scored. */
type Shown = RequestView & {
  readonly prompts?: readonly PromptView[];
  readonly evaluation?: Pick<ResultView, 'state' | 'error'> | null;
};

async function run(id: string, command: Command): Promise<void> {
  const shape = { ...jsonOption, prompts: z.boolean().default(false), limit: wholeNumber('limit', 1) };
  const { json, prompts, limit } = optionsOf(shape, command);
  await withSession(['mongodbUri'], async ({ clients }) => {
    const db = clients.mongo().db();
    const found = await findAny(db, id);
    const shown: Shown[] = [];
    for (const request of found) {
      if (request.shards === null) shown.push(request);
      else {
        const result = await findResult(db, request.id);
        const evaluation = result && { state: result.state, error: result.error };
        const asked = prompts ? { prompts: await promptsOf(db, request.id, limit) } : {};
        shown.push({ ...request, evaluation, ...asked });
      }
    }
    print(json, shown, () => shown.map((one) => [requestText(one), ...promptTexts(one)].join('\n')).join('\n\n'));
  });
}

/** By whatever id some command printed. @throws NotFoundError */
async function findAny(db: Db, id: string): Promise<RequestView[]> {
  const found = await findRequests(db, id);
  if (found.length > 0) return found;
  const plans = (await Promise.all((await tasksOfId(db, id)).map((task) => findRequests(db, task)))).flat();
  if (plans.length > 0) return plans;
  const letter = (await lettersWhereKnown()).find(({ messageId }) => messageId === id);
  const ofLetter = letter === undefined ? [] : await findRequests(db, letter.request);
  if (ofLetter.length > 0) return ofLetter;
  const lies =
    letter === undefined ? '' : ` It lies in the dead-letter queue of ${letter.queue}: npx sampler dlq show ${id}`;
  throw new NotFoundError(
    `no request ${id}; it was not taken yet, or is kept no longer (15 days). What came of an evaluate message stands under its task: npx sampler results show TASK_ID.${lies}`,
  );
}

async function lettersWhereKnown(): Promise<FoundLetter[]> {
  const lists = QUEUES.filter((queue) => process.env[`${queue.toUpperCase()}_QUEUE_URL`]).map((queue) =>
    listLetters(queue, Number.POSITIVE_INFINITY),
  );
  return (await Promise.all(lists)).flat();
}

function promptTexts({ prompts = [] }: Shown): string[] {
  return prompts.map(
    ({ id, doc_id, idx, done, data }) =>
      `\n----- document ${doc_id}, instance ${idx}: prompt ${id}${done ? ', answered' : ''}\n${data}`,
  );
}

function requestText(request: Shown): string {
  const { shards, error, evaluation, lease_until: lease } = request;
  const over = lease !== null && Date.parse(lease) < Date.now();
  return facts([
    ['id', request.id],
    ['message', request.request_id],
    ['state', request.state],
    ['goes on with', request.continues],
    ['error', error && `${error.code}: ${error.message}`],
    ['task', request.task],
    ['supplier', request.address && `${request.address} (${request.service})`],
    ['documents', request.documents],
    ['plan hash', request.plan_hash],
    ['shards', shards && `${shards.written} of ${shards.total} written`],
    ['instances', request.instances],
    [
      'evaluation',
      evaluation && [evaluation.state, evaluation.error?.code, evaluation.error?.message].filter(Boolean).join(': '),
    ],
    ['refused tasks', request.refused.map(({ task, code, message }) => `\n  ${task}: ${code}: ${message}`).join('')],
    ['attempt', request.attempt],
    ['queue', request.queue],
    ['body', request.body],
    ['created', request.created_at],
    ['updated', request.updated_at],
    ['lease', lease && `${lease}${over ? ' (over: the next sweep abandons it)' : ''}`],
  ]);
}
