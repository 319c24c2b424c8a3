import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { createSqs } from '../lib/clients/aws.ts';
import { createMongo } from '../lib/clients/mongo.ts';
import { mongoClock } from '../lib/clients/mongo-clock.ts';
import { WAITS } from '../lib/clients/waits.ts';
import { readLimits } from '../lib/config/limits.ts';
import { ensureIndexes } from '../lib/documents/collections.ts';
import { type Found, findTasks } from '../lib/evaluate/find.ts';
import { ensureEvaluationIndexes } from '../lib/evaluate/records.ts';
import { addCounts, observed } from '../lib/lambda/observed.ts';
import { startRuntime } from '../lib/lambda/runtime.ts';
import { Ledger } from '../lib/ledger/ledger.ts';
import { Queue } from '../lib/queue/queue.ts';
import { type SweepResult, sweep } from '../lib/sweep/sweep.ts';

const runtime = startRuntime(['mongodbUri', 'evaluateQueueUrl', 'evaluatedQueueUrl']);
const { config, log, metrics, traced } = runtime;
const mongo = createMongo(config.mongodbUri, { socketTimeoutMS: WAITS.mongoAnswerToSweep });
const db = mongo.db();
const sqs = traced(createSqs());
const evaluateQueue = new Queue(sqs, config.evaluateQueueUrl);
const evaluatedQueue = new Queue(sqs, config.evaluatedQueueUrl);
const ledger = new Ledger(db, readLimits(process.env).leaseMs, mongoClock(mongo));

/** What the clock did. */
type Swept = SweepResult & Found;

/**
 * The clock: abandons requests that died and removes what failed ones left behind; sends tasks to be evaluated whose answers
 * are there. A failure of one does not keep the other from being done.
 */
export const handler = middy<ScheduledEvent, Swept>()
  .use(observed(runtime))
  .handler(async () => {
    await Promise.all([ensureIndexes(db), ensureEvaluationIndexes(db)]);
    const [swept, found] = await Promise.allSettled([
      sweep(db, ledger, log),
      findTasks({ mongo, db, evaluateQueue, evaluatedQueue }, log),
    ]);
    if (swept.status === 'rejected') throw swept.reason;
    if (found.status === 'rejected') throw found.reason;
    const result = { ...swept.value, ...found.value };
    addCounts(metrics, {
      RequestsExpired: result.expired,
      RequestsSwept: result.swept,
      TasksSent: result.sent,
      TasksGivenUp: result.givenUp,
    });
    if (result.expired + result.swept + result.sent + result.givenUp + result.told > 0)
      log.info('swept', { ...result });
    return result;
  });
