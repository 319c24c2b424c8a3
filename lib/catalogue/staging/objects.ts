import { SUPPORTED_HOOKS } from '../../hooks/registry.ts';
import { supportOf } from '../support.ts';
import { compileHarness } from './compile.ts';
import { publishCatalogue } from './publish.ts';

/** A wheel's task definitions as the objects of a bucket, and how many there are of each kind. */
export interface HarnessObjects {
  readonly version: string;
  readonly tasks: number;
  /** Tasks that can be sampled. */
  readonly supported: number;
  readonly groups: number;
  readonly tags: number;
  /** Why definitions were left out. */
  readonly skipped: readonly string[];
  /** Bodies by key; the root, which makes the others count, stands last. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

/**
 * Compiles the wheel's task definitions, and our own, into what `openCatalogue` reads.
 * @throws PermanentError Configuration where the file is no wheel of the version in use
 */
export async function harnessObjects(wheelPath: string): Promise<HarnessObjects> {
  const { version, index, entries, wheel, modules } = await compileHarness(wheelPath);
  const objects = new Map<string, Uint8Array>();
  const bucket = { put: async (key: string, body: Uint8Array) => void objects.set(key, body) };
  await publishCatalogue(bucket, version, index, entries, modules);
  const types = [...index.values()].map(({ type }) => type);
  return {
    version,
    tasks: entries.length,
    supported: entries.filter((entry) => supportOf(entry, SUPPORTED_HOOKS).supported).length,
    groups: types.filter((type) => type === 'group').length,
    tags: types.filter((type) => type === 'tag').length,
    skipped: wheel.skipped,
    objects,
  };
}
