import type { TaskEntry } from '../catalogue/entry.ts';
import { StorableCheck } from '../documents/encoder.ts';
import { type ErrorCode, messageOf, SamplerError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import { type PreviewServices, planPreview } from './preview.ts';
import { walkDocs } from './walk.ts';

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
 * split as a stream, as `walkDocs` does.
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
  const storable = new StorableCheck(plan);
  await table.verify();
  let prompts = 0;
  let failed = 0;
  for await (const docs of walkDocs(planned)) {
    for (const { docId, render } of docs) {
      try {
        for (const instance of render()) {
          storable.check(instance);
          prompts += plan.repeats;
        }
      } catch (error) {
        failed++;
        hooks.onFailure(failureOf(docId, error));
      }
    }
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

function failureOf(docId: number, error: unknown): FailedDocument {
  const code = error instanceof SamplerError ? error.code : 'Unexpected';
  return { docId, code, message: messageOf(error) };
}
