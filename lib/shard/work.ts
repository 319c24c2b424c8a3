import type { ClientSession, Document } from 'mongodb';
import { collectionsOf } from '../documents/collections.ts';
import { taskDocument } from '../documents/documents.ts';
import { insertOnce, insertWithin } from '../documents/write.ts';
import type { PlanProgress } from '../ledger/ledger.ts';
import type { Logger } from '../log/log.ts';
import { SIGNATURES } from '../messages/sample.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { readIdList } from '../plan/id-list.ts';
import { decodePlan, type Plan } from '../plan/plan.ts';
import { answerLength, renderingOf } from '../plan/rendering.ts';
import { openDocs } from '../processed/open.ts';
import { signatureDocuments } from '../signatures/documents.ts';
import { decodeSignaturePlan } from '../signatures/plan.ts';
import { prepareSlice } from '../task/slice.ts';
import { Allowance } from './allowance.ts';
import type { ShardServices } from './services.ts';
import { createWriter } from './writer.ts';

/** Documents that a line of the log names. */
const MAX_NAMED = 10;

/** What one shard of a plan writes, and how the plan ends. Writing twice writes once. */
export interface Work {
  /** Prompts of each instance. */
  readonly repeats: number;
  /**
   * Writes the shard's instances and prompts, in the session's transaction where one is given.
   * @returns how many instances there are, and characters in all
   * @throws TooMuchAtOnce where it is too much for a transaction
   */
  write(log: Logger, session?: ClientSession): Promise<{ instances: number; chars: number }>;
  /** The plan's `tasks` document, for so many instances. */
  taskDocument(instances: number): Document;
}

/** A shard of a task's documents, or of a signature. @throws PermanentError, TransientError PlanUnreadable */
export function workOf(services: ShardServices, message: ShardMessage, record: PlanProgress): Work {
  if (record.framework === SIGNATURES) return signatureWork(services, record);
  const plan = decodePlan(record.plan);
  return {
    repeats: plan.repeats,
    write: (log, session) => writeDocs(services, message, record, plan, log, session),
    taskDocument: (instances) => taskDocument(record._id, plan, instances, record.creation_date),
  };
}

function signatureWork({ db }: ShardServices, record: PlanProgress): Work {
  const { task, instances, prompts } = signatureDocuments(
    decodeSignaturePlan(record.plan),
    record._id,
    record.creation_date,
  );
  const collections = collectionsOf(db);
  return {
    repeats: 1,
    async write(_, session) {
      if (session !== undefined) {
        await insertWithin(db, session, collections.instances, instances);
        await insertWithin(db, session, collections.prompts, prompts);
        return { instances: instances.length, chars: 0 };
      }
      await Promise.all([
        insertOnce(collections.instances, [...instances]),
        insertOnce(collections.prompts, [...prompts]),
      ]);
      return { instances: instances.length, chars: 0 };
    },
    taskDocument: () => task,
  };
}

async function writeDocs(
  services: ShardServices,
  message: ShardMessage,
  record: PlanProgress,
  plan: Plan,
  log: Logger,
  session: ClientSession | undefined,
): Promise<{ instances: number; chars: number }> {
  const docIds = readIdList(message.docs);
  if (docIds.length === 0) return { instances: 0, chars: 0 };
  const rendering = renderingOf(plan);
  const docs = await openDocs(services.sql, plan.resolvedTask, rendering.config, plan);
  const places = await docs.placesOf(plan.evalSplit, docIds);
  const slice = prepareSlice(rendering, docs.splits, { offset: message.offset, docIds, places });
  const render = slice.renderer(await docs.read(slice.rowIds), docs.values);
  const allowance = new Allowance(record, message.shard, services.requestChars);
  const writer = createWriter(services, record, plan, answerLength(plan, rendering.config), allowance, session);
  const silent: number[] = [];
  for (const [position, docId] of docIds.entries()) {
    const rendered = render(position);
    if (rendered.length === 0) silent.push(docId);
    await writer.add(rendered);
  }
  if (silent.length > 0) {
    const some = silent.slice(0, MAX_NAMED);
    log.warn('documents without choices: nothing is asked about them', { documents: silent.length, docIds: some });
  }
  return { instances: await writer.finish(), chars: allowance.written };
}
