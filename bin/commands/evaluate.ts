import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { type Db, ObjectId } from 'mongodb';
import * as z from 'zod';
import { evaluateMessage } from '../../lib/messages/evaluate.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { countFailures } from '../../lib/operator/failures.ts';
import { findRequests } from '../../lib/operator/requests.ts';
import { documentsOf, findResult } from '../../lib/operator/results.ts';
import { EXIT, NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { oneTaskOf } from '../cli/one-task.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { note, print } from '../cli/output.ts';
import { resultText } from '../cli/result-text.ts';
import { sendMessage } from '../cli/send.ts';
import { withSession } from '../cli/session.ts';

const POLL_MS = 300;
/** That it is still waited for is said this often. */
const LINE_MS = 5_000;

/** `sampler evaluate`: an evaluate message. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description("ask for a task's responses to be scored (the clock does so by itself within a minute)")
    .argument('<id>', 'id of the task, of its request or message, of an instance or a prompt')
    .option('--wait', 'wait for the scores and show them; exit code 3 where the task can not be evaluated')
    .option('--timeout <SECONDS>', 'how long to wait', '600')
    .addHelpText('after', examples('evaluate 6565a1f0c0ffee0123456789 --wait'));
  return withJson(command).action((id: string) => run(id, command));
}

async function run(given: string, command: Command): Promise<void> {
  const shape = { wait: z.boolean().default(false), timeout: wholeNumber('timeout', 1) };
  const { json, wait, timeout } = optionsOf({ ...jsonOption, ...shape }, command);
  await withSession(['evaluateQueueUrl', 'mongodbUri'], async ({ config, clients }) => {
    const db = clients.mongo().db();
    const id = await oneTaskOf(db, given);
    if (id === null || !(await isKnown(db, id))) {
      throw new NotFoundError(`no task ${given}; ids are listed by: npx sampler requests ls --state done`);
    }
    const body = JSON.stringify({ task_id: id });
    parseMessage('evaluate', evaluateMessage, body);
    const messageId = await sendMessage(clients.sqs(), config.evaluateQueueUrl, body);
    if (!wait) {
      print(
        json,
        { request_id: messageId, queue: config.evaluateQueueUrl },
        () => `sent: ${messageId}, for the task ${id}`,
      );
      return;
    }
    note(`sent: ${messageId}, for the task ${id}`);
    const end = Date.now() + timeout * 1000;
    for (let told = Date.now(); ; ) {
      if (Date.now() - told >= LINE_MS) {
        told = Date.now();
        note(`${id} has no scores yet`);
      }
      const result = await findResult(db, id);
      if (result !== null && result.state !== 'sent') {
        const failures = json || !result.failed ? [] : await countFailures(documentsOf(db, id));
        print(json, result, () => resultText(result, failures));
        if (result.state === 'failed') process.exitCode = EXIT.negative;
        return;
      }
      const refused = (await findRequests(db, messageId)).find(({ error }) => error !== null);
      if (refused) {
        print(json, refused, () => `${id} is not scored: ${refused.error?.code}: ${refused.error?.message}`);
        process.exitCode = EXIT.negative;
        return;
      }
      if (Date.now() > end) {
        note(
          `${id} has no scores yet: it may still wait for answers (npx sampler requests show ${id}), or lie in the dead-letter queue (npx sampler dlq ls evaluate)`,
        );
        process.exitCode = EXIT.negative;
        return;
      }
      await sleep(POLL_MS);
    }
  });
}

/** Whether there is such a task, or was one that has its outcome: the Manager removes tasks after that. */
async function isKnown(db: Db, id: string): Promise<boolean> {
  const task = await db.collection('tasks').findOne({ _id: new ObjectId(id) }, { projection: { _id: 1 } });
  return task !== null || (await findResult(db, id)) !== null;
}
