import { DocumentBatch } from './document-batch.ts';
import type { EncodedDocuments } from './encoder.ts';

/** As many as two shards fill at a time: of each, two on their way and one that is filled. */
const MOST_KEPT = 6;
const kept: EncodedDocuments[] = [];

/**
 * Room for documents, empty. Large memory that is freed and taken anew costs more than to fill it: the system gives each page of it as
 * zeros, when it is first touched.
 */
export function takeDocuments(): EncodedDocuments {
  return kept.pop() ?? { instances: new DocumentBatch(), prompts: new DocumentBatch() };
}

/** Keeps room for whoever takes some next. Only once nobody reads what is in it any more. */
export function giveBack(documents: EncodedDocuments): void {
  if (kept.length >= MOST_KEPT) return;
  documents.instances.clear();
  documents.prompts.clear();
  kept.push(documents);
}
