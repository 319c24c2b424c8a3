import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { includePrefix } from '../../lib/catalogue/include.ts';
import { includeSources, mergeSources } from '../../lib/catalogue/sources.ts';
import type { LocalInclude } from '../../lib/catalogue/staging/local-include.ts';
import { PermanentError } from '../../lib/errors/errors.ts';
import { type Unloadable, unloadableIn } from '../../lib/processed/loadable.ts';
import { note } from './output.ts';
import { withSandbox } from './sandbox.ts';

/** Functions of one folder that a message names. */
const MAX_TOLD = 20;

/**
 * Loads the Python functions of folders of definitions, and calls none. Warns of those that only scoring needs.
 * @throws PermanentError BadTaskDefinition naming the tasks and functions that can't be loaded
 */
export async function requireLoadable(includes: readonly LocalInclude[], harness: Catalogue): Promise<void> {
  const withPython = includes.filter(({ files }) => [...files.keys()].some((path) => path.endsWith('.py')));
  if (withPython.length === 0) return;
  await withSandbox(async (open) => {
    if (open === undefined) {
      note('warn: whether the Python functions can be loaded was not looked at: no boxes are built (npm run build)');
      return;
    }
    const sources = await harness.sources();
    for (const { name, files, root } of withPython) {
      const prefix = includePrefix(name);
      const all = mergeSources(sources, includeSources(files, prefix));
      const found = await unloadableIn(await open(), root.tasks.values(), prefix, all);
      for (const { task, hook, why } of found.filter(({ asking }) => !asking)) {
        note(`warn: answers of ${task} can't be scored here: the function ${hook} can't be loaded: ${why}`);
      }
      refuse(
        name,
        found.filter(({ asking }) => asking),
      );
    }
  });
}

function refuse(name: string, found: readonly Unloadable[]): void {
  if (found.length === 0) return;
  const told = found.slice(0, MAX_TOLD).map(({ task, hook, why }) => `${hook} of task ${task}: ${why}`);
  const more = found.length > MAX_TOLD ? `; and ${found.length - MAX_TOLD} more` : '';
  throw new PermanentError(
    'BadTaskDefinition',
    `The folder ${name} has Python functions that can't be loaded: ${told.join('; ')}${more}. Nothing was staged.`,
  );
}
