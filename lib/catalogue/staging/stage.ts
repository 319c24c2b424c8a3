import pMap from 'p-map';
import type { Bucket } from '../../bucket/bucket.ts';
import type { Logger } from '../../log/log.ts';
import { type HarnessObjects, harnessObjects } from './objects.ts';

const PARALLEL_WRITES = 16;

/** What staging did. */
export interface StageSummary {
  readonly version: string;
  readonly tasks: number;
  /** Tasks that can be sampled. */
  readonly supported: number;
  readonly groups: number;
  readonly tags: number;
  readonly objects: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** What is staged, and where to. */
export interface StageOptions {
  readonly bucket: Pick<Bucket, 'put'>;
  readonly wheelPath: string;
  /** What was made of the wheel before; compiled here where it is missing. */
  readonly harness?: HarnessObjects;
  readonly log: Logger;
}

/**
 * Puts the wheel's task definitions, and our own, into the bucket, as the catalogue that `openCatalogue` reads.
 * @throws PermanentError Configuration where the file is no wheel of the version in use; TransientError where S3 fails.
 */
export async function stageHarness({ bucket, wheelPath, harness, log }: StageOptions): Promise<StageSummary> {
  const started = performance.now();
  const { objects, skipped, ...counts } = harness ?? (await harnessObjects(wheelPath));
  for (const reason of skipped) log.debug('definition left out', { reason });
  const parts = [...objects];
  const root = parts.pop();
  await pMap(parts, ([key, body]) => bucket.put(key, body), { concurrency: PARALLEL_WRITES });
  // Readers see the old catalogue until this is there.
  if (root) await bucket.put(...root);
  const summary = {
    ...counts,
    objects: objects.size,
    bytes: [...objects.values()].reduce((sum, { length }) => sum + length, 0),
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
  log.info('harness staged', { ...summary });
  return summary;
}
