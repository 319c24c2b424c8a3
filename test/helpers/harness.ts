import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pMap from 'p-map';
import { inject } from 'vitest';
import * as z from 'zod';
import type { Bucket } from '../../lib/bucket/bucket.ts';
import { stageHarness } from '../../lib/catalogue/staging/stage.ts';
import { Logger } from '../../lib/log/log.ts';

/** The wheel that the set-up brings. */
const WHEEL = join(import.meta.dirname, '..', '..', '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');

/** Keys and what is written under them, in base64, in the order of writing. */
const written = z.array(z.tuple([z.string(), z.base64()]));

/**
 * Puts into a bucket what `stageHarness` writes of the harness's wheel. The first test file of a run that asks lets it compile
 * the wheel, which takes seconds; the others write the same.
 */
export async function stageTheHarness(bucket: Pick<Bucket, 'put'>): Promise<void> {
  const file = join(inject('runFolder'), 'harness.json');
  if (!existsSync(file)) await compile(file);
  const objects = written.parse(JSON.parse(readFileSync(file, 'utf8')));
  const put = ([key, body]: (typeof objects)[number]) => bucket.put(key, Buffer.from(body, 'base64'));
  // The root, which comes last, leads to the others.
  await pMap(objects.slice(0, -1), put, { concurrency: 16 });
  for (const root of objects.slice(-1)) await put(root);
}

/** Two files may do it at a time: what they write is the same. */
async function compile(file: string): Promise<void> {
  const objects: [string, string][] = [];
  const bucket: Pick<Bucket, 'put'> = {
    async put(key, body) {
      objects.push([key, Buffer.from(body).toString('base64')]);
    },
  };
  await stageHarness({ bucket, wheelPath: WHEEL, log: new Logger('error') });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(objects));
  renameSync(`${file}.${process.pid}`, file);
}
