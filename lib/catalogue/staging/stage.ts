import type { Bucket } from '../../bucket/bucket.ts';
import { SUPPORTED_HOOKS } from '../../hooks/registry.ts';
import type { Logger } from '../../log/log.ts';
import { supportOf } from '../support.ts';
import { compileHarness } from './compile.ts';
import { publishCatalogue } from './publish.ts';

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
  readonly log: Logger;
}

/**
 * Compiles the wheel's task definitions, and our own, into the catalogue that `openCatalogue` reads.
 * @throws PermanentError Configuration where the file is no wheel of the version in use; TransientError where S3 fails.
 */
export async function stageHarness({ bucket, wheelPath, log }: StageOptions): Promise<StageSummary> {
  const started = performance.now();
  const { version, index, entries, wheel, modules } = await compileHarness(wheelPath);
  for (const reason of wheel.skipped) log.debug('definition left out', { reason });
  const written = await publishCatalogue(bucket, version, index, entries, modules);
  const types = [...index.values()].map(({ type }) => type);
  const summary = {
    version,
    tasks: entries.length,
    supported: entries.filter((entry) => supportOf(entry, SUPPORTED_HOOKS).supported).length,
    groups: types.filter((type) => type === 'group').length,
    tags: types.filter((type) => type === 'tag').length,
    ...written,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
  log.info('harness staged', { ...summary });
  return summary;
}
