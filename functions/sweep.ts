import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { createMongo } from '../lib/clients/mongo.ts';
import { readLimits } from '../lib/config/limits.ts';
import { ensureIndexes } from '../lib/documents/collections.ts';
import { addCounts } from '../lib/lambda/counts.ts';
import { observed } from '../lib/lambda/observed.ts';
import { startRuntime } from '../lib/lambda/runtime.ts';
import { Ledger } from '../lib/ledger/ledger.ts';
import { type SweepResult, sweep } from '../lib/sweep/sweep.ts';

const runtime = startRuntime(['mongodbUri']);
const { config, log, metrics } = runtime;
/** Below the function's time-out, 60 s, together with the 20 s in which a broken connection is rebuilt. */
const ANSWER_MS = 30_000;
const db = createMongo(config.mongodbUri, { socketTimeoutMS: ANSWER_MS }).db();
const ledger = new Ledger(db, readLimits(process.env).leaseMs);

/** Abandons requests that died and removes what failed ones left behind. */
export const handler = middy<ScheduledEvent, SweepResult>()
  .use(observed(runtime))
  .handler(async () => {
    await ensureIndexes(db);
    const result = await sweep(db, ledger, log);
    addCounts(metrics, { RequestsExpired: result.expired, RequestsSwept: result.swept });
    if (result.expired + result.swept > 0) log.info('swept', { ...result });
    return result;
  });
