import type { Sql } from 'postgres';
import type { ObjectSource } from '../bucket/object-source.ts';
import type { Logger } from '../log/log.ts';
import type { LoadPartMessage } from '../messages/load-part.ts';
import type { Queue } from '../queue/queue.ts';
import { finishLoad, loadPart, type PartOutcome, type PendingLoad } from './load-in-parts.ts';

/** What loading a part needs. */
export interface LoadServices {
  readonly sql: Sql;
  readonly source: ObjectSource;
  readonly log: Logger;
}

/**
 * Loads one part of a large data set. Doing it again, late or at the same time changes nothing.
 * @throws PermanentError where the data set can't be loaded; its load is abandoned
 * @throws TransientError Unavailable
 */
export async function loadDatasetPart(services: LoadServices, { load, part }: LoadPartMessage): Promise<PartOutcome> {
  const { sql, source, log } = services;
  const started = Date.now();
  const outcome = await loadPart(sql, source, load, part);
  log.info(MEANINGS[outcome], { load, part, milliseconds: Date.now() - started });
  return outcome;
}

const MEANINGS = {
  done: 'loaded a part of a data set',
  finished: 'loaded the last part of a data set; its tasks are registered',
  over: 'dropped: the load of this part was finished or abandoned',
} as const;

/** Sends out the parts of a load that are not done; one of which all are done is finished here. */
export async function carryOn(
  { sql, queue, log }: Omit<LoadServices, 'source'> & { readonly queue: Pick<Queue, 'send'> },
  { load, parts }: PendingLoad,
): Promise<void> {
  if (parts.length === 0) {
    await finishLoad(sql, load);
    return;
  }
  const bodies = parts.map((part): LoadPartMessage => ({ load, part })).map((body) => JSON.stringify(body));
  await queue.send(bodies);
  log.info('a large data set is loaded in parts', { load, parts: parts.length });
}
