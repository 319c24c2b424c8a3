import type { Sql } from 'postgres';
import type { ObjectSource } from '../bucket/object-source.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { resolveTasks } from '../catalogue/resolve.ts';
import type { PartLimits } from '../config/limits.ts';
import { messageOf, PermanentError, SamplerError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { twinName } from '../plan/choose-task.ts';
import { functionsOf } from '../processed/functions.ts';
import { reapProcessed } from '../processed/store.ts';
import type { Queue } from '../queue/queue.ts';
import type { SandboxTransport } from '../sandbox/client.ts';
import { fewshotSource } from '../task/fewshot.ts';
import { reapTables } from './reap.ts';
import { registerDataset } from './register-dataset.ts';
import type { InParts, RegisterResult } from './registration.ts';
import { runTaskFunctions } from './run-functions.ts';
import { PartSender } from './send-parts.ts';

/** What registering needs. */
export interface RegisterServices {
  readonly sql: Sql;
  readonly source: ObjectSource;
  readonly catalogue: Catalogue;
  /** From which size on data sets are loaded in parts, and where those are sent; without it all are loaded at once. */
  readonly inParts?: {
    readonly queue: Pick<Queue, 'send'>;
    readonly limits: PartLimits;
    /** Hears of each load that the message waits for, before its parts are sent. */
    readonly onLoad?: (load: string) => Promise<void>;
  };
  /** Hears which tasks were refused, each with its own reason, before the whole message is. */
  readonly onRefused?: (refused: readonly RefusedTask[]) => Promise<void>;
  /** Where Python functions of tasks are run; missing where that is not configured. */
  readonly sandbox?: SandboxTransport | undefined;
  /** Whether what is left is for another delivery. Asked between tasks, once one of them was more than looked at. */
  readonly timeUp?: () => boolean;
  readonly log: Logger;
}

/** A task that can never be registered, and why. */
export interface RefusedTask {
  readonly task: string;
  readonly code: string;
  readonly message: string;
}

/** What was loaded for a message. */
export interface Registered {
  readonly tables: number;
  readonly rows: number;
  /** How many loads are under way in parts. */
  readonly loads: number;
  /** How many tasks were not begun, as time was up; the same message goes on with them. */
  readonly left: number;
}

/**
 * Loads the data sets of all tasks named, one after the other; those registered already cost a look at what is staged. Of
 * large ones only the parts are sent out. A task that can't be registered does not hold up the others: what is wrong with
 * each is reported at the end, by the delivery that gets there: where time is up before, what is done stays done, and the next
 * delivery of the message only looks at it.
 * @throws PermanentError naming every task that can never be registered, with its reason.
 */
export async function registerTasks(services: RegisterServices, tasks: string): Promise<Registered> {
  const entries = await withTwins(services.catalogue, await resolveTasks(services.catalogue, tasks));
  const inParts = services.inParts && {
    limits: services.inParts.limits,
    sender: new PartSender(services.inParts.queue, services.inParts.onLoad),
  };
  const refused: { readonly task: string; readonly error: SamplerError }[] = [];
  const loaded = { tables: 0, rows: 0 };
  let worked = false;
  for (const [place, entry] of entries.entries()) {
    const left = entries.length - place;
    if (worked && services.timeUp?.()) return { ...loaded, loads: inParts?.sender.loads ?? 0, left };
    try {
      const { splits, outcome, ran } = await registerTask(services, entry, inParts);
      worked ||= ran || outcome !== 'known';
      if (splits.length > 0) loaded.tables++;
      for (const { count } of splits) loaded.rows += count;
    } catch (error) {
      if (!(error instanceof SamplerError) || !error.permanent) throw error;
      refused.push({ task: entry.name, error });
    }
  }
  await tidy(services);
  const [first, ...others] = refused;
  if (!first) return { ...loaded, loads: inParts?.sender.loads ?? 0, left: 0 };
  await services.onRefused?.(refused.map(({ task, error: { code, message } }) => ({ task, code, message })));
  if (others.length === 0) throw first.error;
  const reasons = refused.map(({ error }) => error.message).join(' ');
  throw new PermanentError(
    first.error.code,
    `${refused.length} of ${entries.length} tasks could not be registered. ${reasons}`,
    { cause: first.error },
  );
}

async function registerTask(
  services: RegisterServices,
  entry: TaskEntry,
  inParts: InParts | undefined,
): Promise<RegisterResult & { readonly ran: boolean }> {
  const { sql, source, catalogue, log } = services;
  const config = catalogue.requireSupported(entry);
  const examples = fewshotSource(config);
  const registered = await registerDataset({
    sql,
    source,
    datasetPath: config.dataset_path,
    datasetName: config.dataset_name,
    taskName: entry.name,
    split: config.test_split ?? config.validation_split,
    examples: examples?.kind === 'split' ? examples.split : null,
    log,
    // Functions look at the table once it is whole, which would be after this message.
    inParts: functionsOf(config) === null ? inParts : undefined,
  });
  return { ...registered, ran: await runTaskFunctions(services, entry.name, config) };
}

/** What is left of old loads does no harm, so failing to remove it fails nothing. */
async function tidy({ sql, log }: RegisterServices): Promise<void> {
  try {
    await reapTables(sql, log);
    await reapProcessed(sql, log);
  } catch (error) {
    log.warn('old tables could not be dropped', { error: messageOf(error) });
  }
}

/** A multiple-choice task is asked by its twin on the chat path, so both are registered (CORRECTION-8). */
export async function withTwins(catalogue: Catalogue, entries: readonly TaskEntry[]): Promise<TaskEntry[]> {
  const all = new Map(entries.map((entry) => [entry.name, entry]));
  for (const { name, config } of entries) {
    if (config.get('output_type') !== 'multiple_choice') continue;
    const twin = await catalogue.find(twinName(name));
    if (twin) all.set(twin.name, twin);
  }
  return [...all.values()];
}
