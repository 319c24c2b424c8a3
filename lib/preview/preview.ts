import type { ObjectSource } from '../bucket/object-source.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { PermanentError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import type { Plan } from '../plan/plan.ts';
import { type PlanningSettings, planTask, type TableOf } from '../plan/plan-task.ts';
import { renderingOf } from '../plan/rendering.ts';
import type { SandboxTransport } from '../sandbox/client.ts';
import { fewshotSource } from '../task/fewshot.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import { prepareSlice } from '../task/slice.ts';
import { type FunctionRuns, openProcessed, type PreviewTable } from './processed-table.ts';
import { openStagedTable } from './staged-table.ts';

/** Where tasks and documents come from. */
export interface PreviewServices {
  readonly catalogue: Catalogue;
  readonly source: ObjectSource;
  /** What configuration says of all requests. */
  readonly settings?: PlanningSettings;
  /** Where boxes for Python functions come from; without it tasks with functions are refused. */
  readonly sandbox?: (() => Promise<SandboxTransport>) | undefined;
  /** Keeps what functions made of the task looked at last. */
  readonly runs?: FunctionRuns;
}

/** A task planned over its staged data set. */
export interface PreviewPlan {
  readonly plan: Plan;
  readonly docIds: readonly number[];
  readonly ignoredBlacklist: readonly number[];
  readonly table: PreviewTable;
}

/** One task's documents, rendered. */
export interface Preview extends PreviewPlan {
  /** As many instances as the shards would write, in their order. */
  readonly instances: readonly RenderedInstance[];
}

/**
 * Plans one task of a sample message as the functions would, over its staged data set instead of its table.
 * @throws PermanentError as `planTask` does, and DatasetMissing or DatasetInvalid where the data set is not there or damaged
 */
export async function planPreview(
  { catalogue, source, settings, sandbox, runs }: PreviewServices,
  message: SampleMessage,
  asked: TaskEntry,
  seed: bigint,
): Promise<PreviewPlan> {
  const opened: PreviewTable[] = [];
  const boxes = { sources: () => catalogue.sources(), open: sandbox ?? noSandbox, runs };
  const tableOf: TableOf = async (entry, config) => {
    const examples = fewshotSource(config);
    const staged = await openStagedTable(source, entry, config, {
      split: config.test_split ?? config.validation_split,
      examples: examples?.kind === 'split' ? examples.split : null,
    });
    const table = await openProcessed(staged, entry.name, config, boxes);
    opened.push(table);
    return { splits: table.splits, version: table.version, processed: table.processed, idsOf: table.idsOf };
  };
  const planned = await planTask(catalogue, message, asked, seed, tableOf, settings);
  const [table] = opened;
  if (table === undefined) throw new Error(`task ${asked.name} was planned without its data set`);
  return { ...planned, table };
}

/**
 * Renders one task of a sample message: the same instances, byte for byte, that its shards would write; of the documents
 * asked for only the first ones, where a limit says so.
 * @throws PermanentError as {@link planPreview} does, and where a document can't be rendered
 */
export async function previewTask(
  services: PreviewServices,
  message: SampleMessage,
  asked: TaskEntry,
  seed: bigint,
  limit = Number.POSITIVE_INFINITY,
): Promise<Preview> {
  const planned = await planPreview(services, message, asked, seed);
  const { plan, table } = planned;
  const docIds = planned.docIds.slice(0, limit);
  const places = table.placesOf(plan.evalSplit, docIds);
  const slice = prepareSlice(renderingOf(plan), table.splits, { offset: 0, docIds, places });
  const render = slice.renderer(await table.rows(slice.rowIds), table.values);
  return { ...planned, docIds, instances: docIds.flatMap((_, position) => render(position)) };
}

async function noSandbox(): Promise<never> {
  throw new PermanentError(
    'Configuration',
    'There are no boxes for Python functions. Make their image with: npm run build',
  );
}
