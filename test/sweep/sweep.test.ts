import type { ObjectId } from 'mongodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { collectionsOf } from '../../lib/documents/collections.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { Logger } from '../../lib/log/log.ts';
import { sweep } from '../../lib/sweep/sweep.ts';
import { useOwnDatabase } from '../ledger/own-database.ts';
import { newPlan } from '../ledger/own-plan.ts';

const LEASE_MS = 3_600_000;
const HOUR_MS = 3_600_000;
const log = new Logger('error');
const ERROR = { code: 'TemplateFailed', message: 'm' };

const own = useOwnDatabase();
/** How far the ledger's clock is behind. */
let behindMs: number;
let ledger: Ledger;

beforeEach(() => {
  behindMs = HOUR_MS;
  ledger = new Ledger(own.db, LEASE_MS, () => new Date(Date.now() - behindMs));
});

/** A plan of its own kind, with two instances and three prompts. */
async function begun(task: string): Promise<ObjectId> {
  const plan = newPlan({ task });
  await ledger.begin(plan);
  await write(plan._id);
  return plan._id;
}

/** What a plan's shards write in its present attempt: two instances and three prompts. */
async function write(task_id: ObjectId): Promise<void> {
  const { instances, prompts } = collectionsOf(own.db);
  const creation_date = (await ledger.find(task_id))?.creation_date;
  await instances.insertMany([1, 2].map((doc_id) => ({ task_id, doc_id, creation_date })));
  await prompts.insertMany([1, 2, 3].map((data) => ({ task_id, data, creation_date })));
}

async function left(id: ObjectId): Promise<[state: string | undefined, instances: number, prompts: number]> {
  const { instances, prompts } = collectionsOf(own.db);
  const [record, ...counts] = await Promise.all([
    ledger.find(id),
    instances.countDocuments({ task_id: id }),
    prompts.countDocuments({ task_id: id }),
  ]);
  return [record?.state, ...counts];
}

describe('a sweep', () => {
  it("removes failed requests' documents and nobody else's", async () => {
    const [failed, working, done] = await Promise.all(['failed', 'working', 'done'].map(begun));
    if (!failed || !working || !done) throw new Error('not begun');
    await ledger.fail({ _id: failed, attempt: 1 }, ERROR);
    await ledger.complete(own.mongo, { _id: done, attempt: 1 }, async (session) => {
      await collectionsOf(own.db).tasks.insertOne({ _id: done }, { session });
    });
    behindMs = 0.5 * HOUR_MS;
    expect(await sweep(own.db, ledger, log)).toEqual({ expired: 0, swept: 1, instances: 2, prompts: 3 });
    expect(await left(failed)).toEqual(['swept', 0, 0]);
    expect(await left(working)).toEqual(['in_progress', 2, 3]);
    expect(await left(done)).toEqual(['done', 2, 3]);
    expect(await sweep(own.db, ledger, log)).toEqual({ expired: 0, swept: 0, instances: 0, prompts: 0 });
  });

  it('waits until no shard of a failed request can still be writing', async () => {
    behindMs = 0;
    const id = await begun('a');
    await ledger.fail({ _id: id, attempt: 1 }, ERROR);
    expect(await sweep(own.db, ledger, log)).toMatchObject({ swept: 0 });
    expect(await left(id)).toEqual(['failed', 2, 3]);
    expect(await sweep(own.db, ledger, log, -1)).toMatchObject({ swept: 1 });
  });

  it('abandons a request whose lease ran out; its documents go with a later sweep', async () => {
    behindMs = 2 * HOUR_MS;
    const id = await begun('a');
    behindMs = 0;
    expect(await sweep(own.db, ledger, log)).toEqual({ expired: 1, swept: 0, instances: 0, prompts: 0 });
    expect(await left(id)).toEqual(['failed', 2, 3]);
    expect(await sweep(own.db, ledger, log, -1)).toEqual({ expired: 0, swept: 1, instances: 2, prompts: 3 });
    expect(await left(id)).toEqual(['swept', 0, 0]);
  });

  it('continues where an earlier one was cut short', async () => {
    const id = await begun('a');
    await ledger.fail({ _id: id, attempt: 1 }, ERROR);
    behindMs = 0.5 * HOUR_MS;
    await ledger.startSweep(id);
    expect(await sweep(own.db, ledger, log)).toMatchObject({ swept: 0 });
    behindMs = 0;
    expect(await sweep(own.db, ledger, log)).toMatchObject({ swept: 1, instances: 2 });
    expect(await left(id)).toEqual(['swept', 0, 0]);
  });

  it('leaves a request alone that was resumed', async () => {
    const id = await begun('a');
    await ledger.fail({ _id: id, attempt: 1 }, ERROR);
    expect(await ledger.revive(id)).toMatchObject({ record: { attempt: 2 } });
    expect(await ledger.startSweep(id)).toBeNull();
    behindMs = 0.5 * HOUR_MS;
    expect(await sweep(own.db, ledger, log)).toMatchObject({ swept: 0 });
    expect(await left(id)).toEqual(['in_progress', 2, 3]);
  });

  it('never touches a task that the Requester can see, whatever its record says', async () => {
    const id = await begun('a');
    await collectionsOf(own.db).tasks.insertOne({ _id: id });
    await ledger.fail({ _id: id, attempt: 1 }, ERROR);
    const lines: string[] = [];
    const counting = new Logger('error', {}, (line) => lines.push(line));
    behindMs = 0.5 * HOUR_MS;
    expect(await sweep(own.db, ledger, counting)).toMatchObject({ swept: 0, instances: 0, prompts: 0 });
    expect(await left(id)).toEqual(['done', 2, 3]);
    expect(lines).toHaveLength(1);
    expect(await sweep(own.db, ledger, counting)).toMatchObject({ swept: 0 });
    expect(lines).toHaveLength(1);
  });

  it('that is late removes nothing of what was written after the request was swept and resumed', async () => {
    const id = await begun('a');
    await ledger.fail({ _id: id, attempt: 1 }, ERROR);
    const late = await ledger.startSweep(id);
    behindMs = 0.5 * HOUR_MS;
    expect(await sweep(own.db, ledger, log)).toMatchObject({ swept: 1 });
    await ledger.revive(id);
    await write(id);
    const slow = Object.assign(Object.create(ledger), {
      remains: async function* () {
        yield { _id: id, task: 'a' };
      },
      startSweep: async () => late,
    });
    expect(await sweep(own.db, slow, log)).toMatchObject({ instances: 0, prompts: 0 });
    expect(await left(id)).toEqual(['in_progress', 2, 3]);
  });

  it('by two at once removes each document once', async () => {
    const ids = await Promise.all(['a', 'b', 'c'].map(begun));
    await Promise.all(ids.map((id) => ledger.fail({ _id: id, attempt: 1 }, ERROR)));
    behindMs = 0.5 * HOUR_MS;
    const results = await Promise.all([sweep(own.db, ledger, log), sweep(own.db, ledger, log)]);
    expect(results.reduce((sum, { instances }) => sum + instances, 0)).toBe(6);
    expect(results.reduce((sum, { prompts }) => sum + prompts, 0)).toBe(9);
    for (const id of ids) expect(await left(id)).toEqual(['swept', 0, 0]);
  });
});
