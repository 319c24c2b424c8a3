import type { Bucket } from '../bucket/bucket.ts';
import { SUPPORTED_HOOKS } from '../hooks/registry.ts';
import type { Logger } from '../log/log.ts';
import type { SourceFiles } from '../sandbox/sources.ts';
import { clashOf } from './clash.ts';
import type { TaskEntry } from './entry.ts';
import type { IncludeRoot } from './include.ts';
import { mergeSources } from './sources.ts';
import { StagedHarness } from './staged-harness.ts';
import { requireSupported } from './support.ts';
import type { TaskConfig } from './task-config.ts';
import { mergeIndexes, type TaskIndex } from './task-index.ts';

/** The harness's version whose tasks are used. */
export const HARNESS_VERSION = '0.4.9';

/** All tasks that a message can name. */
export interface Catalogue {
  /** What it is made of, for messages. */
  readonly source: string;
  readonly index: TaskIndex;
  /** What is wrong with definitions that can't be read, and so have no name here. */
  readonly broken?: readonly string[];
  /** The task of exactly that name, or null. Groups and tags are none. */
  find(name: string): Promise<TaskEntry | null>;
  /** What a user should know of a name that is defined more than once; missing where there is no folder of further definitions. */
  clashOf?(name: string): Promise<string | null>;
  /** The task's configuration. @throws PermanentError saying why it can't be sampled. */
  requireSupported(entry: TaskEntry): TaskConfig;
  /**
   * Python modules by path (`modulePath`), and files that they read: what `sourcesOf` gathers a task's files from.
   * @throws PermanentError HarnessNotStaged where the catalogue was staged without them; TransientError Unavailable
   */
  sources(): Promise<SourceFiles>;
}

/** Where the catalogue is. */
export interface CatalogueOptions {
  readonly bucket: Bucket;
  readonly version?: string;
  /** Name of a folder below `include/` with further definitions; on a clash of names the harness wins. */
  readonly includePath?: string | null | undefined;
  readonly log: Logger;
}

/** What this process has read so far, by bucket and version; warm calls find it here. */
const known = new WeakMap<Bucket, Map<string, StagedHarness>>();

/**
 * Opens the staged catalogue. The first call of a process reads its root; later ones ask whether that changed, once a minute
 * at most. One call continues with what it opened, whatever is staged meanwhile.
 * @throws TransientError HarnessNotStaged where nothing is staged yet, Unavailable where S3 fails; PermanentError BadMessage
 * for an include path that is none.
 */
export async function openCatalogue({
  bucket,
  version = HARNESS_VERSION,
  includePath,
  log,
}: CatalogueOptions): Promise<Catalogue> {
  const harness = harnessOf(bucket, version);
  const opened = await harness.open();
  const include = includePath ? await harness.include(includePath, log) : null;
  return {
    source: include ? `lm-eval ${version} and include/${includePath}` : `lm-eval ${version}`,
    index: include ? mergedOf(opened.index, include.index) : opened.index,
    broken: include?.broken ?? [],
    async find(name) {
      return opened.index.has(name) ? opened.find(name) : (findIncluded(include, name) ?? null);
    },
    ...(include ? { clashOf: (name: string) => clashOf(name, `include/${includePath}`, include, opened) } : {}),
    requireSupported: (entry) => requireSupported(entry, SUPPORTED_HOOKS),
    async sources() {
      const harness = await opened.sources();
      return include ? mergeSources(harness, include.sources) : harness;
    },
  };
}

const merged = new WeakMap<TaskIndex, WeakMap<TaskIndex, TaskIndex>>();

/** Both indexes as one, made once: the harness has some 13,000 names, and they were a millisecond and more of each message. */
function mergedOf(harness: TaskIndex, include: TaskIndex): TaskIndex {
  const known = merged.get(harness) ?? new WeakMap<TaskIndex, TaskIndex>();
  merged.set(harness, known);
  const both = known.get(include) ?? mergeIndexes([harness, include]);
  known.set(include, both);
  return both;
}

function findIncluded(include: IncludeRoot | null, name: string): TaskEntry | undefined {
  const type = include?.index.get(name)?.type;
  return type === 'task' || type === 'python_task' ? include?.tasks.get(name) : undefined;
}

function harnessOf(bucket: Bucket, version: string): StagedHarness {
  const byVersion = known.get(bucket) ?? new Map<string, StagedHarness>();
  known.set(bucket, byVersion);
  const harness = byVersion.get(version) ?? new StagedHarness(bucket, version);
  byVersion.set(version, harness);
  return harness;
}
