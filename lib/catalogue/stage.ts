import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { PermanentError } from '../errors/errors.ts';
import { SUPPORTED_HOOKS } from '../hooks/registry.ts';
import type { Logger } from '../log/log.ts';
import { buildIndex } from './build-index.ts';
import { HARNESS_VERSION } from './catalogue.ts';
import type { TaskEntry } from './entry.ts';
import { mapLimited } from './limited.ts';
import { ownTasks } from './own.ts';
import { S3Objects } from './s3-object.ts';
import { encodePack, encodeRoot, encodeTask, rootKey } from './stored.ts';
import { supportOf } from './support.ts';
import { mergeIndexes, type TaskIndex } from './task-index.ts';
import { readWheel } from './wheel.ts';

/** A pack is closed when it holds this much text, in UTF-16 units. */
const PACK_SIZE = 250_000;
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

/** What is staged, and from what. */
export interface StageOptions {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly wheelPath: string;
  readonly log: Logger;
}

/**
 * Compiles the wheel's task definitions, and our own, into the catalogue that `openCatalogue` reads. Packs are named after
 * their content and written first, the root last: a reader sees the old catalogue or the new one, never half of it.
 * @throws PermanentError Configuration where the file is no wheel of the version in use; TransientError where S3 fails.
 */
export async function stageHarness({ s3, bucket, wheelPath, log }: StageOptions): Promise<StageSummary> {
  const started = performance.now();
  const wheel = await readWheel(wheelPath);
  if (wheel.version !== HARNESS_VERSION) {
    throw new PermanentError(
      'Configuration',
      `${wheelPath} is lm-eval ${wheel.version}, but ${HARNESS_VERSION} is what the functions read.`,
    );
  }
  const root = buildIndex(wheel.files);
  for (const reason of root.skipped) log.debug('definition left out', { reason });
  const own = ownTasks();
  const index = mergeIndexes([root.index, own.index]);
  const entries = [...new Map([...own.tasks, ...root.tasks]).values()].filter(({ name }) => isTask(index, name));
  const objects = new S3Objects(s3, bucket);
  const { packs, places, keys } = pack(entries, wheel.version);
  const bytes = [...packs.values()].reduce((sum, body) => sum + body.length, 0);
  await mapLimited([...packs], PARALLEL_WRITES, ([key, body]) => objects.put(key, body));
  const encoded = encodeRoot({ harness: wheel.version, index, packs: keys, places });
  await objects.put(rootKey(wheel.version), encoded);
  const types = [...index.values()].map(({ type }) => type);
  const summary = {
    version: wheel.version,
    tasks: entries.length,
    supported: entries.filter((entry) => supportOf(entry, SUPPORTED_HOOKS).supported).length,
    groups: types.filter((type) => type === 'group').length,
    tags: types.filter((type) => type === 'tag').length,
    objects: packs.size + 1,
    bytes: bytes + encoded.length,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
  log.info('harness staged', { ...summary });
  return summary;
}

function isTask(index: TaskIndex, name: string): boolean {
  const type = index.get(name)?.type;
  return type === 'task' || type === 'python_task';
}

/** Tasks that stand together in the harness lie together: a family costs few reads, and packs well. */
function pack(entries: readonly TaskEntry[], version: string) {
  const packs = new Map<string, Uint8Array>();
  const keys: string[] = [];
  const places = new Map<string, [number, number]>();
  let lines: string[] = [];
  let size = 0;
  const close = () => {
    const text = lines.join('\n');
    const key = `harness/${version}/packs/${createHash('sha256').update(text).digest('hex').slice(0, 32)}.gz`;
    keys.push(key);
    packs.set(key, encodePack(lines));
    lines = [];
    size = 0;
  };
  for (const entry of entries) {
    const line = encodeTask(entry);
    places.set(entry.name, [keys.length, lines.length]);
    lines.push(line);
    size += line.length;
    if (size >= PACK_SIZE) close();
  }
  if (lines.length > 0) close();
  return { packs, keys, places };
}
