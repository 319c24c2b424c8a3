import type { Catalogue } from '../catalogue/catalogue.ts';
import type { DataFiles } from '../catalogue/data-files.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { supportOf } from '../catalogue/support.ts';
import { SUPPORTED_HOOKS } from '../hooks/registry.ts';
import { withTwins } from '../register/register.ts';

/** A data set, and its files where it is one of one's own. */
export interface NeededDataset {
  readonly path: string;
  readonly config: string | null;
  readonly files: DataFiles | null;
}

/** What registering tasks reads. */
export interface NeededDatasets {
  /** Each once, in the order of the tasks. */
  readonly datasets: readonly NeededDataset[];
  /** Tasks that can't be sampled, so that they need none, and why. */
  readonly unsupported: readonly { readonly task: string; readonly reason: string }[];
}

/** The data sets of tasks and of the twins asked in their place. */
export async function neededDatasets(catalogue: Catalogue, tasks: readonly TaskEntry[]): Promise<NeededDatasets> {
  const datasets = new Map<string, NeededDataset>();
  const unsupported: { task: string; reason: string }[] = [];
  for (const entry of await withTwins(catalogue, tasks)) {
    const support = supportOf(entry, SUPPORTED_HOOKS);
    if (support.supported) {
      const { dataset_path: path, dataset_name: config, data_files: files } = support.config;
      datasets.set(JSON.stringify([path, config]), { path, config, files });
    } else unsupported.push({ task: entry.name, reason: support.reason });
  }
  return { datasets: [...datasets.values()], unsupported };
}
