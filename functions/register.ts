import { Bucket } from '../lib/bucket/bucket.ts';
import { openCatalogue } from '../lib/catalogue/catalogue.ts';
import { createLambda, createS3, createSqs } from '../lib/clients/aws.ts';
import { createMongo } from '../lib/clients/mongo.ts';
import { createSql } from '../lib/clients/postgres.ts';
import { readPartLimits } from '../lib/config/limits.ts';
import type { Counts } from '../lib/lambda/observed.ts';
import { queueFunction } from '../lib/lambda/queue-function.ts';
import { startRuntime } from '../lib/lambda/runtime.ts';
import { MessageLog } from '../lib/ledger/message-log.ts';
import { parseRegisterQueueMessage, type RegisterQueueMessage } from '../lib/messages/register-queue.ts';
import type { TimeLeft } from '../lib/queue/batch.ts';
import { type Delivery, REQUEST_ID_ATTRIBUTE } from '../lib/queue/delivery.ts';
import { Queue } from '../lib/queue/queue.ts';
import { keepHeapFlat } from '../lib/register/copy-rows.ts';
import { loadDatasetPart } from '../lib/register/load-part.ts';
import { type RefusedTask, registerTasks } from '../lib/register/register.ts';
import { lambdaSandbox } from '../lib/sandbox/lambda.ts';

const runtime = startRuntime(['postgresUri', 'mongodbUri', 'datasetsBucket', 'registerQueueUrl']);
const { config, log, traced } = runtime;
const sql = createSql(config.postgresUri);
const bucket = new Bucket(traced(createS3()), config.datasetsBucket);
const queue = new Queue(traced(createSqs()), config.registerQueueUrl);
const mongo = createMongo(config.mongodbUri);
const messages = new MessageLog(mongo.db(), queue.name);
const limits = readPartLimits(process.env);
const sandboxName = process.env['SANDBOX_FUNCTION'];
const sandbox = sandboxName ? lambdaSandbox(traced(createLambda()), sandboxName, log) : undefined;

/** With less time left no further task is begun: the largest one takes less to load, and to run its functions. Milliseconds. */
const LEAST_TIME_LEFT_MS = 400_000;

async function handle(message: RegisterQueueMessage, delivery: Delivery, timeLeft: TimeLeft): Promise<Counts> {
  const { log } = delivery;
  // Here and not where the bundle is loaded: V8 takes no code that was compiled under other flags (deploy/compile-bundles.cjs).
  keepHeapFlat();
  // In an instance that is new, MongoDB is connected with while the tasks are registered; what fails here fails again when it is asked.
  mongo.connect().catch(() => {});
  const services = { sql, source: bucket, log };
  if ('load' in message) {
    const { load } = message;
    const outcome = await loadDatasetPart(services, message);
    if (outcome === 'done') await messages.loadGoesOn(load);
    // Once more where it was finished before: whoever finished it may have died before it told.
    if (outcome === 'finished' || outcome === 'published') await messages.loadOver(load);
    if (outcome === 'unknown') {
      const why = `There is no load ${load}: it was abandoned, another version of its data set took its place, or it never was.`;
      await messages.withoutWork(delivery, why, load);
      await messages.loadOver(load, { code: 'Dropped', message: `${why} Register the tasks again.` });
    }
    return {
      PartsLoaded: outcome === 'done' || outcome === 'finished' ? 1 : 0,
      TablesLoaded: outcome === 'finished' ? 1 : 0,
    };
  }
  log.append({ tasks: message.tasks });
  const catalogue = await openCatalogue({
    bucket,
    includePath: message.include_path ?? config.includePath,
    log,
  });
  const onLoad = (load: string) => messages.registering(delivery, load);
  const inParts = { queue, limits, onLoad };
  const onRefused = (refused: readonly RefusedTask[]) => messages.refused(delivery, refused);
  const whole = { ...services, catalogue, inParts, sandbox, onRefused, timeUp: () => timeLeft() < LEAST_TIME_LEFT_MS };
  const { tables, rows, loads, left } = await registerTasks(whole, message.tasks);
  if (left > 0) {
    const { body, requestId, group } = delivery;
    await queue.putBack(body, { [REQUEST_ID_ATTRIBUTE]: requestId }, { group });
    log.info('registers the other tasks with another delivery, as time is up', { left });
  } else if (loads === 0) await messages.registered(delivery, { tables, rows });
  return { TablesLoaded: tables, RowsLoaded: rows };
}

/** Loads tasks' data sets into Postgres. */
export const handler = queueFunction(runtime, {
  queue,
  parse: parseRegisterQueueMessage,
  handle,
  async keepReason(delivery, failure, message) {
    await messages.reject(delivery, failure);
    if (message && 'load' in message) await messages.loadOver(message.load, failure);
  },
});
