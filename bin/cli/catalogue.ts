import { join } from 'node:path';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { type Catalogue, openCatalogue } from '../../lib/catalogue/catalogue.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { resolveTasks } from '../../lib/catalogue/resolve.ts';
import { catalogueIn, keptHarness } from '../../lib/catalogue/staging/kept-wheel.ts';
import { readLocalInclude } from '../../lib/catalogue/staging/local-include.ts';
import type { HarnessObjects } from '../../lib/catalogue/staging/objects.ts';
import { withRoot } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import { UsageError } from './exit.ts';
import { nameAndFolder } from './options.ts';
import { note } from './output.ts';
import { withPatience } from './progress.ts';
import { withSession } from './session.ts';
import { ROOT } from './stack-choice.ts';

/** Where task definitions come from, as the command line says. */
export interface CatalogueChoice {
  readonly wheel?: string | boolean | undefined;
  readonly includePath?: string | undefined;
}

/** The wheel named, else the one that the set-up brought. */
export function wheelPath(named: string | boolean | undefined): string {
  if (typeof named === 'string') return named;
  return process.env['SAMPLER_HARNESS_WHEEL'] || join(ROOT, '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
}

/** What staging that wheel puts into the bucket: compiled once for a wheel and this version of the code. @throws as `keptHarness` */
export function harnessOf(wheel: string): Promise<HarnessObjects> {
  return keptHarness(wheel, join(ROOT, '.cache', 'catalogue'), join(ROOT, 'lib'));
}

/**
 * Does `work` with the catalogue: the staged one where the environment names a bucket, else the wheel's.
 * @throws as `openCatalogue`, `wheelCatalogue` and `readLocalInclude` do
 */
export async function withCatalogue<T>(
  choice: CatalogueChoice,
  work: (catalogue: Catalogue) => Promise<T>,
): Promise<T> {
  const folder = choice.includePath === undefined ? undefined : nameAndFolder(choice.includePath);
  const staged = folder === undefined ? choice.includePath : undefined;
  const include = folder && (await readLocalInclude(folder.name, folder.dir));
  const withFolder = (catalogue: Catalogue) =>
    include ? withRoot(catalogue, include.name, include.root, include.files) : catalogue;
  if (choice.wheel !== undefined || !process.env['DATASETS_BUCKET']) {
    if (staged !== undefined) {
      throw new UsageError(
        `--include-path ${staged} lies in the bucket, which a wheel goes without; name a folder: --include-path ${staged}=DIR.`,
      );
    }
    return work(
      withFolder(
        await withPatience(
          'reading the task definitions of the wheel',
          harnessOf(wheelPath(choice.wheel)).then(catalogueIn),
        ),
      ),
    );
  }
  return withSession(['datasetsBucket'], async ({ config, clients, log }) => {
    const includePath = staged ?? config.includePath;
    const catalogue = await openCatalogue({
      bucket: new Bucket(clients.s3(), config.datasetsBucket),
      includePath,
      log,
    });
    return work(withFolder(catalogue));
  });
}

/** Warns of those of the names, and of the tasks that they stand for, that are defined more than once. */
export async function noteClashes(
  catalogue: Catalogue,
  names: readonly string[],
  entries: readonly TaskEntry[],
): Promise<void> {
  for (const name of new Set([...names, ...entries.map((entry) => entry.name)])) {
    const clash = await catalogue.clashOf?.(name);
    if (clash) note(`warn: ${clash}`);
  }
}

/** The tasks that the arguments name together: names, wildcards, groups and tags. @throws PermanentError UnknownTask */
export function tasksNamed(catalogue: Catalogue, names: readonly string[]): Promise<TaskEntry[]> {
  return resolveTasks(catalogue, names.join(','));
}
