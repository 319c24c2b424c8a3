import type { Sql } from 'postgres';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { resolveTasks } from '../catalogue/resolve.ts';
import { toTaskConfig } from '../catalogue/task-config.ts';
import { registerDataset } from '../datasets/load.ts';
import type { ObjectSource } from '../datasets/object-source.ts';
import { PermanentError, SamplerError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { twinName } from '../plan/choose-task.ts';

/** What registering needs. */
export interface RegisterServices {
  readonly sql: Sql;
  readonly source: ObjectSource;
  readonly catalogue: Catalogue;
  readonly log: Logger;
}

/**
 * Loads the data sets of all tasks named, one after the other; those registered already cost one query. A task that can't be
 * registered does not hold up the others: what is wrong with each is told at the end.
 * @throws PermanentError naming every task that can never be registered, with its reason.
 */
export async function registerTasks(services: RegisterServices, tasks: string): Promise<void> {
  const entries = await withTwins(services.catalogue, await resolveTasks(services.catalogue, tasks));
  const refused: SamplerError[] = [];
  for (const entry of entries) {
    try {
      await registerTask(services, entry);
    } catch (error) {
      if (!(error instanceof SamplerError) || !error.permanent) throw error;
      refused.push(error);
    }
  }
  const [first, ...others] = refused;
  if (!first) return;
  if (others.length === 0) throw first;
  const reasons = refused.map(({ message }) => message).join(' ');
  throw new PermanentError(
    first.code,
    `${refused.length} of ${entries.length} tasks could not be registered. ${reasons}`,
    { cause: first },
  );
}

async function registerTask({ sql, source, catalogue, log }: RegisterServices, entry: TaskEntry): Promise<void> {
  catalogue.requireSupported(entry);
  const config = toTaskConfig(entry.config);
  await registerDataset({
    sql,
    source,
    datasetPath: config.dataset_path,
    datasetName: config.dataset_name,
    taskName: entry.name,
    log,
  });
}

/** A multiple-choice task is asked by its twin on the chat path, so both are registered (CONTRACT, corrections). */
async function withTwins(catalogue: Catalogue, entries: readonly TaskEntry[]): Promise<TaskEntry[]> {
  const all = new Map(entries.map((entry) => [entry.name, entry]));
  for (const { name, config } of entries) {
    if (config.get('output_type') !== 'multiple_choice') continue;
    const twin = await catalogue.find(twinName(name));
    if (twin) all.set(twin.name, twin);
  }
  return [...all.values()];
}
