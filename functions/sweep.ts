import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { readLimits } from '../lib/config/limits.ts';
import { Logger } from '../lib/log/log.ts';
import { ensureIndexes } from '../lib/work/collections.ts';
import { Ledger } from '../lib/work/ledger.ts';
import { type SweepResult, sweep } from '../lib/work/sweep.ts';

const config = readConfig(process.env, ['mongodbUri']);
const log = new Logger(config.logLevel, { function: 'sweep' });
const clients = createClients(config);
const db = clients.mongo().db();
const ledger = new Ledger(db, readLimits(process.env).leaseMs);

/** Gives up requests that died and removes what failed ones left behind. */
export const handler = middy<ScheduledEvent, SweepResult>().handler(async () => {
  await ensureIndexes(db);
  const result = await sweep(db, ledger, log);
  if (result.expired + result.swept > 0) log.info('swept', { ...result });
  return result;
});
