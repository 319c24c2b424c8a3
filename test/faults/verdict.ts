import { BSON, type Db, type ObjectId } from 'mongodb';
import { collectionsOf } from '../../lib/documents/collections.ts';

/** What a fault did to the documents; `tried` says how often it happened. */
export interface Verdict {
  readonly fault: string;
  readonly tried: number;
  /** Documents of the undisturbed run that are not there, byte for byte. */
  readonly lost: number;
  /** Documents that the undisturbed run does not have. */
  readonly doubled: number;
  /** Instances and prompts without their `tasks` document, and places still held by requests in progress. */
  readonly leftOver: number;
}

/** Compares what is there for these plans with what an undisturbed run wrote. */
export async function compare(
  found: Db,
  undisturbed: Db,
  plans: readonly ObjectId[],
): Promise<{ lost: number; doubled: number }> {
  let [lost, doubled] = [0, 0];
  for (const plan of plans) {
    const [actual, wanted] = await Promise.all([documentsOf(found, plan), documentsOf(undisturbed, plan)]);
    if (wanted.size === 0) throw new Error(`the undisturbed run of ${plan.toHexString()} wrote nothing`);
    lost += [...wanted].filter((document) => !actual.has(document)).length;
    doubled += [...actual].filter((document) => !wanted.has(document)).length;
  }
  return { lost, doubled };
}

/** All documents of a plan as their bytes; `_id`s are among them, so that none is there twice. */
async function documentsOf(db: Db, plan: ObjectId): Promise<Set<string>> {
  const { tasks, instances, prompts } = collectionsOf(db);
  const exact = { promoteValues: false };
  const found = await Promise.all([
    tasks.find({ _id: plan }, exact).toArray(),
    instances.find({ task_id: plan }, exact).toArray(),
    prompts.find({ task_id: plan }, exact).toArray(),
  ]);
  return new Set(found.flatMap((documents, i) => documents.map((document) => `${i}${base64(document)}`)));
}

function base64(document: object): string {
  return Buffer.from(BSON.serialize(document)).toString('base64');
}

/** Counts what lies about in the whole database without belonging to a finished task. */
export async function countLeftOver(db: Db): Promise<number> {
  const { tasks, instances, prompts } = collectionsOf(db);
  const finished = (await tasks.find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id);
  const orphan = { task_id: { $nin: finished } };
  const counts = await Promise.all([
    instances.countDocuments(orphan),
    prompts.countDocuments(orphan),
    db
      .collection('sample_requests')
      .countDocuments({ $or: [{ active: true }, { state: { $in: ['failed', 'sweeping'] } }] }),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The table that the suite ends with. */
export function tableOf(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ fault, tried, lost, doubled, leftOver }) =>
    [fault, tried, lost, doubled, leftOver].map(String),
  );
  const all = [['fault', 'times tried', 'lost', 'doubled', 'left over'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join(' | ');
  return all.map(line).join('\n');
}
