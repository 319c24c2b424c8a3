import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { type BuiltRoot, buildIndex } from '../../lib/catalogue/definitions/build-index.ts';
import type { TaskFiles } from '../../lib/catalogue/definitions/definition.ts';
import { requireSupported } from '../../lib/catalogue/support.ts';

/** Files of a root, from path to text. */
export function filesOf(texts: Record<string, string>): TaskFiles {
  return new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
}

/** A root of such files. */
export function rootOf(texts: Record<string, string>, prefix?: string): BuiltRoot {
  return buildIndex(filesOf(texts), prefix);
}

/** A catalogue of one root, in memory. */
export function catalogueOf(texts: Record<string, string>): Catalogue {
  const { index, tasks, broken } = rootOf(texts);
  return {
    source: 'these files',
    index,
    broken,
    find: async (name) => tasks.get(name) ?? null,
    requireSupported: (entry) => requireSupported(entry, new Set()),
    sources: async () => new Map(),
  };
}

/** A minimal definition that can be sampled. */
export function taskYaml(name: string, more = ''): string {
  return `task: ${name}\ndataset_path: some/data\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n${more}`;
}
