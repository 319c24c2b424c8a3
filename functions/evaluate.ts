import { Bucket } from '../lib/bucket/bucket.ts';
import { openCatalogue } from '../lib/catalogue/catalogue.ts';
import { createLambda, createS3, createSqs } from '../lib/clients/aws.ts';
import { createMongo } from '../lib/clients/mongo.ts';
import { WAITS } from '../lib/clients/waits.ts';
import { readLimits } from '../lib/config/limits.ts';
import { evaluateTask } from '../lib/evaluate/evaluate.ts';
import { ensureEvaluationIndexes } from '../lib/evaluate/records.ts';
import type { Counts } from '../lib/lambda/observed.ts';
import { queueFunction } from '../lib/lambda/queue-function.ts';
import { startRuntime } from '../lib/lambda/runtime.ts';
import { Ledger } from '../lib/ledger/ledger.ts';
import { MessageLog } from '../lib/ledger/message-log.ts';
import { type EvaluateMessage, evaluateMessage } from '../lib/messages/evaluate.ts';
import { parseMessage } from '../lib/messages/parse.ts';
import { type Delivery, MAX_RECEIVES } from '../lib/queue/delivery.ts';
import { failureOf } from '../lib/queue/failure.ts';
import { Queue } from '../lib/queue/queue.ts';
import { lambdaSandbox } from '../lib/sandbox/lambda.ts';

const runtime = startRuntime(['mongodbUri', 'datasetsBucket', 'evaluateQueueUrl', 'evaluatedQueueUrl']);
const { config, traced, log } = runtime;
const mongo = createMongo(config.mongodbUri);
const db = mongo.db();
const bucket = new Bucket(traced(createS3()), config.datasetsBucket);
const sqs = traced(createSqs());
const ledger = new Ledger(db, readLimits(process.env).leaseMs);
const queue = new Queue(sqs, config.evaluateQueueUrl);
const evaluatedQueue = new Queue(sqs, config.evaluatedQueueUrl);
const messages = new MessageLog(db, queue.name);
const sandboxName = process.env['SANDBOX_FUNCTION'];
const sandbox = sandboxName
  ? lambdaSandbox(traced(createLambda(process.env, WAITS.sandboxAnswerToEvaluate)), sandboxName, log)
  : undefined;

async function handle({ task_id }: EvaluateMessage, delivery: Delivery): Promise<Counts> {
  delivery.log.append({ taskId: task_id });
  await ensureEvaluationIndexes(db);
  const catalogue = (includePath = config.includePath) => openCatalogue({ bucket, includePath, log });
  try {
    const services = { mongo, db, ledger, catalogue, evaluatedQueue, selection: config.taskRows, sandbox };
    const { documents, failed, completed, unknown } = await evaluateTask(services, task_id, delivery.log);
    if (unknown) await messages.withoutWork(delivery, `There is no task ${task_id}, nor was it evaluated.`, task_id);
    return { DocumentsScored: documents, DocumentsFailed: failed, TasksEvaluated: completed ? 1 : 0 };
  } catch (error) {
    if (failureOf(error).code !== 'NotDone' || delivery.received < MAX_RECEIVES) throw error;
    delivery.log.info('the task still waits for answers; the clock sends it again once it is done');
    return { TasksWaiting: 1 };
  }
}

/** Scores the responses of tasks into results. */
export const handler = queueFunction(runtime, {
  queue,
  parse: (body) => parseMessage('evaluate', evaluateMessage, body),
  handle,
  keepReason: (delivery, failure) => messages.reject(delivery, failure),
});
