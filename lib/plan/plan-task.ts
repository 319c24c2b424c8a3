import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import type { TableInfo } from '../tables/read.ts';
import { availableExamples, fewshotDraw, turnsOf } from '../task/fewshot.ts';
import { checkRequest } from '../task/settings.ts';
import { chooseTask } from './choose-task.ts';
import { chooseDocs } from './doc-ids.ts';
import type { Plan } from './plan.ts';
import { effectiveShots, settingsFor } from './settings.ts';

/** Finds the rows that a task reads: its splits with the ids of their rows, and what tells this table from a later one. */
export type TableOf = (entry: TaskEntry, config: TaskConfig) => Promise<Pick<TableInfo, 'splits' | 'version'>>;

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
): Promise<PlannedTask> {
  const settings = settingsFor(message, asked.name);
  // A definition that can't be read is told as such; a task that its twin stands in for need not be sampled itself.
  if (asked.problem !== null) catalogue.requireSupported(asked);
  const { entry, config, requestType } = await chooseTask(asked, settings.applyChatTemplate, (name) =>
    catalogue.find(name),
  );
  catalogue.requireSupported(entry);
  const { splits, version } = await tableOf(entry, config);
  const evalSplit = config.test_split ?? config.validation_split;
  const range = evalSplit === null ? undefined : splits.get(evalSplit);
  if (evalSplit === null || !range) {
    throw new PermanentError(
      'DatasetInvalid',
      `Task ${entry.name} has no documents to ask about: split ${evalSplit ?? '(none)'} is empty.`,
    );
  }
  const { docIds, ignoredBlacklist } = chooseDocs(
    { first: range.min, last: range.max },
    { task: asked.name, qty: message.qty, docIds: message.doc_ids, blacklist: message.blacklist, seed },
  );
  const numFewshot = effectiveShots(settings.numFewshot, config.num_fewshot);
  const plan: Plan = {
    task: asked.name,
    resolvedTask: entry.name,
    requestType,
    numFewshot,
    repeats: config.repeats,
    docCount: docIds.length,
    seed,
    evalSplit,
    tableVersion: version,
    entry,
    message: settings,
  };
  fewshotDraw(config, numFewshot, availableExamples(config, splits), turnsOf(plan));
  checkRequest(plan, config);
  return { plan, docIds, ignoredBlacklist };
}
