import { type Db, ObjectId } from 'mongodb';
import { SamplerError } from '../errors/errors.ts';
import { decodePlan } from '../plan/plan.ts';
import { renderingOf } from '../plan/rendering.ts';
import type { ShotsOf } from './results-page.ts';

/** How worked examples stand in a task's prompts, by its plan; null where that is kept no longer or can't be read. */
export async function shotsOf(db: Db, task: string): Promise<ShotsOf | null> {
  const record = await db
    .collection('sample_requests')
    .findOne({ _id: new ObjectId(task) }, { projection: { plan: 1 } });
  if (typeof record?.['plan'] !== 'string') return null;
  try {
    const plan = decodePlan(record['plan']);
    return { count: plan.shotsInEffect, delimiter: renderingOf(plan).config.fewshot_delimiter };
  } catch (error) {
    if (error instanceof SamplerError) return null;
    throw error;
  }
}
