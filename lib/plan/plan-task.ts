import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import type { RequestStyle } from '../payload/data.ts';
import { availableExamples, fewshotDraw } from '../task/fewshot.ts';
import { checkPrintable, turnsOf } from '../task/render-settings.ts';
import { askedSettings, shotsInEffect } from './asked-settings.ts';
import { chooseTask } from './choose-task.ts';
import { chooseDocs } from './doc-ids.ts';
import type { OverrideRow } from './overrides.ts';
import type { Plan } from './plan.ts';
import { renderSettings } from './rendering.ts';

/** What configuration says of all requests. */
export interface PlanningSettings {
  /** How requests differ from the harness's; undefined where they do not. */
  readonly requestStyle?: RequestStyle | undefined;
  /** Rows over the override table. */
  readonly taskRows?: readonly OverrideRow[] | undefined;
}

/** Finds the rows that a task reads: its splits with the ids of their rows, and what distinguishes this table from a later one. */
export type TableOf = (entry: TaskEntry, config: TaskConfig) => Promise<TableContents>;

/** What planning looks at in a task's table. */
export interface TableContents {
  readonly splits: ReadonlyMap<string, { readonly min: number; readonly max: number; readonly count: number }>;
  /** Undefined for tables that another program made. */
  readonly version: string | undefined;
  /** Under which key the documents are stored that the task's functions made; undefined where they are the table's rows. */
  readonly processed?: string | undefined;
  /** The ids of a split's documents in ascending order, where they are not the split's range. */
  idsOf?(split: string): Promise<number[] | undefined>;
}

/** A plan and the documents that it is for. */
export interface PlannedTask {
  readonly plan: Plan;
  /** Ascending, without repeats. */
  readonly docIds: readonly number[];
  /** Blacklisted ids that are not in the split, which removed nothing. */
  readonly ignoredBlacklist: readonly number[];
}

/**
 * Decides everything about one task of a request: what is rendered, with which settings, on which documents.
 * @throws PermanentError for what can never succeed: unsupported task or path, impossible documents or shots.
 */
export async function planTask(
  catalogue: Pick<Catalogue, 'find' | 'requireSupported'>,
  message: SampleMessage,
  asked: TaskEntry,
  seed: bigint,
  tableOf: TableOf,
  { requestStyle, taskRows }: PlanningSettings = {},
): Promise<PlannedTask> {
  const settingsAsked = askedSettings(message, asked.name, taskRows);
  // A definition that can't be read is reported as such; a task whose twin is asked in its place need not be sampled itself.
  if (asked.problem !== null) catalogue.requireSupported(asked);
  const { entry, config, requestType } = await chooseTask(asked, settingsAsked.applyChatTemplate, (name) =>
    catalogue.find(name),
  );
  catalogue.requireSupported(entry);
  const contents = await tableOf(entry, config);
  const { splits, version } = contents;
  const evalSplit = config.test_split ?? config.validation_split;
  const range = evalSplit === null ? undefined : splits.get(evalSplit);
  if (evalSplit === null || !range) {
    throw new PermanentError(
      'DatasetInvalid',
      `Task ${entry.name} has no documents to ask about: split ${evalSplit ?? '(none)'} is empty.`,
    );
  }
  const randomSeed = message.random_seed;
  const { docIds, ignoredBlacklist } = chooseDocs(
    (await contents.idsOf?.(evalSplit)) ?? { first: range.min, last: range.max },
    { task: asked.name, qty: message.qty, docIds: message.doc_ids, blacklist: message.blacklist, seed, randomSeed },
  );
  const plan: Plan = {
    task: asked.name,
    resolvedTask: entry.name,
    requestType,
    shotsInEffect: shotsInEffect(settingsAsked.shotsAsked, config.num_fewshot),
    repeats: config.repeats,
    docCount: docIds.length,
    seed,
    ...(randomSeed === undefined ? {} : { randomSeed }),
    ...(requestStyle === undefined ? {} : { requestStyle }),
    evalSplit,
    tableVersion: version,
    ...(contents.processed === undefined ? {} : { processed: contents.processed }),
    entry,
    asked: settingsAsked,
  };
  const settings = renderSettings(plan, config);
  fewshotDraw(config, settings.shots, availableExamples(config, splits), turnsOf(settings));
  checkPrintable(settings);
  return { plan, docIds, ignoredBlacklist };
}
