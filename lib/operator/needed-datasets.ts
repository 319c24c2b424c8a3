import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { supportOf } from '../catalogue/support.ts';
import { SUPPORTED_HOOKS } from '../hooks/registry.ts';
import { withTwins } from '../register/register.ts';

/** What registering tasks reads. */
export interface NeededDatasets {
  /** Each once, in the order of the tasks. */
  readonly datasets: readonly { readonly path: string; readonly config: string | null }[];
  /** Tasks that can't be sampled, so that they need none, and why. */
  readonly unsupported: readonly { readonly task: string; readonly reason: string }[];
}

/** The data sets of tasks and of the twins asked in their place. */
export async function neededDatasets(catalogue: Catalogue, tasks: readonly TaskEntry[]): Promise<NeededDatasets> {
  const datasets = new Map<string, { path: string; config: string | null }>();
  const unsupported: { task: string; reason: string }[] = [];
  for (const entry of await withTwins(catalogue, tasks)) {
    const support = supportOf(entry, SUPPORTED_HOOKS);
    if (support.supported) {
      const { dataset_path: path, dataset_name: config } = support.config;
      datasets.set(JSON.stringify([path, config]), { path, config });
    } else unsupported.push({ task: entry.name, reason: support.reason });
  }
  return { datasets: [...datasets.values()], unsupported };
}
