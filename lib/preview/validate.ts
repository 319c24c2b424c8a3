import type { TaskEntry } from '../catalogue/entry.ts';
import { instanceDocuments, neverWritten, unstorable } from '../documents/documents.ts';
import { type ErrorCode, messageOf, SamplerError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import { renderingOf } from '../plan/rendering.ts';
import type { Doc } from '../python/value.ts';
import { fewshotSource } from '../task/fewshot.ts';
import { docIdOf } from '../task/renderer.ts';
import { prepareSlice, type TaskRendering } from '../task/slice.ts';
import { type PreviewPlan, type PreviewServices, planPreview } from './preview.ts';
import type { StagedTable } from './staged-table.ts';

/** A document that can't be rendered or stored. */
export interface FailedDocument {
  readonly docId: number;
  readonly code: ErrorCode | 'Unexpected';
  readonly message: string;
}

/** What rendering all of a task's documents came to. */
export interface Verdict {
  readonly task: string;
  /** The task rendered: the same or its twin. */
  readonly resolvedTask: string;
  readonly path: string;
  readonly dataset: string;
  readonly documents: number;
  readonly prompts: number;
  readonly failed: number;
}

/** What a check reports while it runs. */
export interface ValidateHooks {
  /** Each document that fails. */
  onFailure(failure: FailedDocument): void;
  /** So many more documents were checked, of so many. */
  onProgress?(documents: number, total: number): void;
}

/**
 * Renders every document of a task's staged data set as its shards would, and makes of each what MongoDB stores. Reads the
 * split as a stream; only worked examples that are drawn at random stay in memory, as a split of theirs.
 * @throws PermanentError where the task as a whole can't be sampled: unsupported, no data set, too few worked examples
 */
export async function validateTask(
  services: PreviewServices,
  message: SampleMessage,
  asked: TaskEntry,
  hooks: ValidateHooks,
): Promise<Verdict> {
  const planned = await planPreview(services, message, asked, 0n);
  const { plan, docIds, table } = planned;
  const rendering = renderingOf(plan);
  const context = neverWritten(plan);
  await table.verify();
  const examples = await readExamples(planned, rendering);
  let prompts = 0;
  let failed = 0;
  let offset = 0;
  const first = table.splits.get(plan.evalSplit)?.min ?? 0;
  for await (const docs of table.stream(plan.evalSplit)) {
    // The stream gives the split's documents in the order of their places.
    const places = docs.map((_, i) => first + offset + i);
    const rows = new Map(docs.map((doc, i) => [places[i] ?? -1, doc]));
    const ids = docs.map(docIdOf);
    const slice = prepareSlice(rendering, table.splits, { offset, docIds: ids, places });
    const render = slice.renderer({ get: (place) => rows.get(place) ?? examples.get(place) }, table.values);
    for (const [position, docId] of ids.entries()) {
      try {
        for (const instance of render(position)) {
          const refused = unstorable(plan, docId, instanceDocuments(instance, context));
          if (refused) throw refused;
          prompts += plan.repeats;
        }
      } catch (error) {
        failed++;
        hooks.onFailure(failureOf(docId, error));
      }
    }
    offset += docs.length;
    hooks.onProgress?.(docs.length, docIds.length);
  }
  const path = String(plan.asked.requesterArgs.get('path'));
  return {
    task: plan.task,
    resolvedTask: plan.resolvedTask,
    path,
    dataset: table.name,
    documents: docIds.length,
    prompts,
    failed,
  };
}

/** The split's first row, which every slice looks at, and the rows that worked examples are drawn from. */
async function readExamples({ plan, table }: PreviewPlan, rendering: TaskRendering): Promise<Map<number, Doc>> {
  const { config, settings } = rendering;
  const first = table.splits.get(plan.evalSplit)?.min ?? 0;
  const source = settings.shots === 0 ? null : fewshotSource(config);
  if (source?.kind !== 'split') return table.rows([first]);
  if (config.fewshot_config?.sampler === 'first_n') {
    const slice = prepareSlice(rendering, table.splits, { offset: 0, docIds: [first], places: [first] });
    return table.rows(slice.rowIds);
  }
  return new Map([...(await table.rows([first])), ...(await readAll(table, source.split))]);
}

async function readAll(table: StagedTable, split: string): Promise<[number, Doc][]> {
  const rows: [number, Doc][] = [];
  let place = table.splits.get(split)?.min ?? 0;
  for await (const docs of table.stream(split)) for (const doc of docs) rows.push([place++, doc]);
  return rows;
}

function failureOf(docId: number, error: unknown): FailedDocument {
  const code = error instanceof SamplerError ? error.code : 'Unexpected';
  return { docId, code, message: messageOf(error) };
}
