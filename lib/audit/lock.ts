import { createHash, hash } from 'node:crypto';
import { HARNESS_VERSION } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { SamplerError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import { writeIdList } from '../plan/id-list.ts';
import { encodePlan } from '../plan/plan.ts';
import { planHash } from '../plan/plan-hash.ts';
import { type PreviewPlan, type PreviewServices, planPreview } from '../preview/preview.ts';
import { type WalkedDoc, walkDocs } from '../preview/walk.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import type { LockedTask } from './lock-file.ts';

const DOCUMENT_DIGITS = 16;

/** A document whose prompts are others than they were. */
export interface Difference {
  readonly docId: number;
  /** What the lock has; undefined where it does not know the document. */
  readonly locked: string | undefined;
  /** What it is now; undefined where the document is asked about no longer. */
  readonly now: string | undefined;
}

/** What came of rendering a task, next to what was locked. */
export interface Rendered {
  readonly now: LockedTask;
  readonly plan: PreviewPlan['plan'];
  /** The first document that differs, with its prompts as they are now; none where nothing was locked or nothing differs. */
  readonly first: (Difference & { readonly instances: readonly RenderedInstance[] }) | null;
}

/**
 * Renders all documents of a task and hashes their prompts, as `data` has them, byte for byte.
 * @param locked what they are compared with
 * @throws PermanentError where the task as a whole can't be asked
 */
export async function lockTask(
  services: PreviewServices,
  message: SampleMessage,
  asked: TaskEntry,
  settings: Readonly<Record<string, string>>,
  locked?: Pick<LockedTask, 'documents'>,
  onProgress?: (documents: number, total: number) => void,
): Promise<Rendered> {
  const planned = await planPreview(services, message, asked, 0n);
  const { plan, docIds, table } = planned;
  const documents = new Map<number, string>();
  let first: Rendered['first'] = null;
  for await (const docs of walkDocs(planned)) {
    for (const doc of docs) {
      const { digits, instances } = digitsOf(doc);
      documents.set(doc.docId, digits);
      const before = locked?.documents.get(doc.docId);
      if (locked !== undefined && first === null && before !== digits) {
        first = { docId: doc.docId, locked: before, now: digits, instances };
      }
    }
    onProgress?.(docs.length, docIds.length);
  }
  const gone = [...(locked?.documents ?? [])].find(([docId]) => !documents.has(docId));
  if (first === null && gone !== undefined) first = { docId: gone[0], locked: gone[1], now: undefined, instances: [] };
  const facts = {
    task: plan.task,
    path: String(message.requester_args.path),
    resolvedTask: plan.resolvedTask,
    harness: HARNESS_VERSION,
    data: `${table.name} ${table.version}`,
    settings,
    plan: planHash(plan, encodePlan(plan), writeIdList(docIds)),
  };
  return { now: { ...facts, hash: overall(facts, documents), documents }, plan, first };
}

/** What a document's prompts hash to, or the error that it can't be rendered for. */
function digitsOf({ render }: WalkedDoc): { digits: string; instances: readonly RenderedInstance[] } {
  try {
    const instances = render();
    const text = JSON.stringify(instances.map(({ data }) => data.toWellFormed()));
    return { digits: hash('sha256', text, 'hex').slice(0, DOCUMENT_DIGITS), instances };
  } catch (error) {
    if (error instanceof SamplerError) return { digits: `!${error.code}`, instances: [] };
    throw error;
  }
}

function overall(facts: object, documents: ReadonlyMap<number, string>): string {
  const all = createHash('sha256').update(JSON.stringify(facts));
  for (const [docId, digits] of documents) all.update(`\n${docId} ${digits}`);
  return all.digest('hex');
}

/** What differs between a task as it was locked and as it is now, for people and programs. */
export interface LockChanges {
  /** Facts that differ: `harness`, `data`, `settings` and others, as they were and as they are. */
  readonly facts: readonly { readonly name: string; readonly locked: string; readonly now: string }[];
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}

/** Compares the two; null where nothing differs. */
export function changesOf(locked: LockedTask, now: LockedTask): LockChanges | null {
  const names = ['resolvedTask', 'harness', 'data', 'plan'] as const;
  const facts = names
    .filter((name) => locked[name] !== now[name])
    .map((name) => ({ name, locked: locked[name], now: now[name] }));
  const both = [...now.documents].filter(([docId]) => locked.documents.has(docId));
  const changes = {
    facts,
    changed: both.filter(([docId, digits]) => locked.documents.get(docId) !== digits).length,
    added: now.documents.size - both.length,
    removed: locked.documents.size - both.length,
  };
  const all = facts.length + changes.changed + changes.added + changes.removed;
  if (all > 0) return changes;
  // The file was edited, its settings or its hash.
  return locked.hash === now.hash
    ? null
    : { ...changes, facts: [{ name: 'hash', locked: locked.hash, now: now.hash }] };
}
