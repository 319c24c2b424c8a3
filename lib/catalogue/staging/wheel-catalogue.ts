import { SUPPORTED_HOOKS } from '../../hooks/registry.ts';
import type { Catalogue } from '../catalogue.ts';
import { clashOf, type FiledRoot } from '../clash.ts';
import { includePrefix } from '../include.ts';
import { includeSources, mergeSources } from '../sources.ts';
import { requireSupported } from '../support.ts';
import { mergeIndexes } from '../task-index.ts';
import { compileHarness } from './compile.ts';

/**
 * The catalogue as staging a wheel would make it, without a bucket.
 * @throws PermanentError Configuration where the file is no wheel of the version in use.
 */
export async function wheelCatalogue(wheelPath: string): Promise<Catalogue> {
  const { version, index, entries, modules } = await compileHarness(wheelPath);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    source: `lm-eval ${version}`,
    index,
    find: async (name) => byName.get(name) ?? null,
    requireSupported: (entry) => requireSupported(entry, SUPPORTED_HOOKS),
    sources: async () => modules,
  };
}

/**
 * The catalogue with a folder of further definitions behind it; on a clash of names the catalogue wins.
 * @param files the folder's files, of which its Python functions may need some
 */
export function withRoot(
  catalogue: Catalogue,
  name: string,
  root: FiledRoot,
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): Catalogue {
  const own = includeSources(files, includePrefix(name));
  return {
    ...catalogue,
    source: `${catalogue.source} and include/${name}`,
    index: mergeIndexes([catalogue.index, root.index]),
    find: async (task) => (catalogue.index.has(task) ? catalogue.find(task) : (root.tasks.get(task) ?? null)),
    clashOf: (task) => clashOf(task, `include/${name}`, root, catalogue),
    sources: async () => mergeSources(await catalogue.sources(), own),
  };
}
