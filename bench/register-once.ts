import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Bucket } from '../lib/bucket/bucket.ts';
import { createS3 } from '../lib/clients/aws.ts';
import { createSql } from '../lib/clients/postgres.ts';
import { openDataset } from '../lib/datasets/open-dataset.ts';
import { findDataset } from '../lib/datasets/stored-dataset.ts';
import { copyAll, keepHeapFlat } from '../lib/register/copy-rows.ts';
import { registerDataset } from '../lib/register/register-dataset.ts';
import { inTransaction } from '../lib/tables/transaction.ts';

/** What one side of the comparison took: all of the process's time and memory. */
export interface Took {
  seconds: number;
  cpuSeconds: number;
  /** Highest resident size, in MB. */
  peak: number;
}

/**
 * One side of the comparison, in a process of its own so that its memory is its own; prints what it took as JSON.
 * `register <data set>`; `read <data set>`, which makes the same rows and sends them nowhere; or `copy <file> <statements around the
 * COPY, as JSON>`.
 */
async function main(): Promise<void> {
  const [what, subject = '', statements = '{}'] = process.argv.slice(2);
  const sql = createSql(process.env['POSTGRES_URI'] ?? '');
  const started = performance.now();
  if (what === 'register') await register(sql, subject);
  else if (what === 'read') await read(subject);
  else await copy(sql, subject, JSON.parse(statements));
  const seconds = (performance.now() - started) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const took: Took = { seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peak: maxRSS / 1000 };
  console.log(JSON.stringify(took));
  await sql.end();
}

async function register(sql: ReturnType<typeof createSql>, path: string): Promise<void> {
  keepHeapFlat();
  const s3 = createS3();
  const source = new Bucket(s3, process.env['DATASETS_BUCKET'] ?? '');
  const log = { info: () => {}, warn: () => {} };
  await registerDataset({ sql, source, datasetPath: path, datasetName: null, taskName: path, log });
  s3.destroy();
}

async function read(path: string): Promise<void> {
  keepHeapFlat();
  const s3 = createS3();
  const source = new Bucket(s3, process.env['DATASETS_BUCKET'] ?? '');
  const dataset = await openDataset(source, await findDataset(source, path, null));
  for await (const _ of copyAll(dataset, undefined, []));
  s3.destroy();
}

async function copy(
  sql: ReturnType<typeof createSql>,
  file: string,
  { before, copy, after }: Record<'before' | 'copy' | 'after', string>,
): Promise<void> {
  await inTransaction(sql, async (tx) => {
    await tx.unsafe(before);
    await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), await tx.unsafe(copy).writable());
    await tx.unsafe(after);
  });
}

void main();
