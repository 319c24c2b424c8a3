import type { ObjectSource } from '../bucket/object-source.ts';
import { openFile } from '../datasets/open-dataset.ts';
import { verifyFile } from '../datasets/verified-file.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import type { LoadPartMessage } from '../messages/register-queue.ts';
import { quoteName } from '../tables/table.ts';
import { copyIn, inTransaction, type Pool } from '../tables/transaction.ts';
import { copyRows } from './copy-rows.ts';
import { finishLoad, orAbandon } from './finish-load.ts';
import { findLoadById, findPart, finishPart, type LoadRecord, wasPublished } from './load-records.ts';
import type { Part } from './plan-parts.ts';

/** What loading a part needs. */
export interface LoadServices {
  readonly sql: Pool;
  readonly source: ObjectSource;
  readonly log: Pick<Logger, 'info'>;
}

/** How the delivery of a part ended; `published` and `unknown` where its load is none that is under way. */
export type PartOutcome = 'done' | 'finished' | 'published' | 'unknown';

const MEANINGS: Readonly<Record<PartOutcome, string>> = {
  done: 'loaded a part of a data set',
  finished: 'loaded the last part of a data set; its tasks are registered',
  published: 'delivered again; the load of this part is finished',
  unknown: 'dropped: the load of this part was abandoned, or never was',
};

/**
 * Carries out one part of a load; the rows and the note that they are there are one transaction, so a part that is
 * delivered twice, at the same time or after a crash counts once. Whoever does the last one finishes the load.
 * @throws PermanentError where the load can never succeed; it is abandoned then
 * @throws TransientError Unavailable
 */
export async function loadDatasetPart(services: LoadServices, { load, part }: LoadPartMessage): Promise<PartOutcome> {
  const { sql, source, log } = services;
  const started = Date.now();
  const outcome = await loadPart(sql, source, load, part);
  log.info(MEANINGS[outcome], { load, part, milliseconds: Date.now() - started });
  return outcome;
}

async function loadPart(sql: Pool, source: ObjectSource, load: string, number: number): Promise<PartOutcome> {
  const record = await findLoadById(sql, load);
  const found = record && (await findPart(sql, load, number));
  if (record === undefined || found === undefined) return await ended(sql, load);
  const { part, done } = found;
  if (!done && !(await orAbandon(sql, record, () => carryOut(sql, source, record, number, part)))) {
    return await ended(sql, load);
  }
  return (await finishLoad(sql, load)) ? 'finished' : 'done';
}

/** How a load ended that is not under way. */
async function ended(sql: Pool, load: string): Promise<PartOutcome> {
  return (await wasPublished(sql, load)) ? 'published' : 'unknown';
}

/** False where the load ended meanwhile. */
async function carryOut(
  sql: Pool,
  source: ObjectSource,
  record: LoadRecord,
  number: number,
  part: Part,
): Promise<boolean> {
  const { prefix, description, files } = record.plan;
  const stored = files[part.file];
  if (stored === undefined) throw new Error(`load ${record.id} has no file ${part.file}`);
  const file = await openFile(source, stored, prefix, -1);
  if (file.bytes.etag !== stored.etag) throw replaced(`${source.name}/${stored.key}`);
  if (part.kind === 'hash') {
    await verifyFile(source, stored, file.bytes);
    return await inTransaction(sql, (tx) => finishPart(tx, record.id, number));
  }
  const { split } = stored;
  const { columns } = description;
  return await inTransaction(sql, async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`${record.id} ${number}`}::text, 0))`;
    const now = await findPart(tx, record.id, number);
    if (now === undefined) return false;
    if (now.done) return true;
    const counted = { end: part.first };
    const rows = copyRows({ columns, split, file, id: part.first, groups: part });
    const statement = `COPY ${quoteName(record.staging)} FROM STDIN WITH (FORMAT binary)`;
    await copyIn(tx, statement, counting(rows, counted));
    if (counted.end !== part.first + part.rows) {
      throw new Error(`${file.name}: ${counted.end - part.first} rows instead of ${part.rows}`);
    }
    return await finishPart(tx, record.id, number);
  });
}

async function* counting(
  chunks: AsyncGenerator<Buffer, number>,
  counted: { end: number },
): AsyncGenerator<Buffer, void> {
  counted.end = yield* chunks;
}

function replaced(name: string): PermanentError {
  const message = `${name} was replaced since the load of its data set began; the load is abandoned. Register its tasks again.`;
  return new PermanentError('DatasetInvalid', message, { context: { file: name } });
}
