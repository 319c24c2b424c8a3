import { BSON } from 'mongodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { type Delivered, giveUpLoads, MessageLog } from '../../lib/ledger/message-log.ts';
import { bodyHash } from '../../lib/ledger/records.ts';
import { useOwnDatabase } from './own-database.ts';
import { newPlan } from './own-plan.ts';

const own = useOwnDatabase();
let messages: MessageLog;
let ledger: Ledger;
const NOW = new Date('2024-05-06T07:08:09Z');
const BODY = '{"a":1}';

beforeEach(() => {
  messages = new MessageLog(own.db, 'q', () => NOW);
  ledger = new Ledger(own.db, 60_000);
});

function delivered(requestId: string, changes: Partial<Delivered> = {}): Delivered {
  return { requestId, body: BODY, named: false, received: 1, ...changes };
}

const records = () => own.db.collection('sample_requests').find({}).toArray();

/** A message that was tried twice and planned one task. */
async function died(requestId: string): Promise<ReturnType<typeof newPlan>> {
  await messages.identify(delivered(requestId, { received: 2 }));
  const plan = newPlan({ request_id: requestId });
  await ledger.begin(plan);
  return plan;
}

it('a refused message has one record, with its reason, however often it is refused', async () => {
  const failure = { code: 'UnknownTask', message: 'no such task', permanent: true };
  await Promise.all([1, 2, 3].map(() => messages.reject({ requestId: 'r', body: BODY }, failure)));
  expect(await records()).toEqual([
    {
      _id: expect.anything(),
      request_id: 'r',
      state: 'rejected',
      queue: 'q',
      body: BODY,
      error: { code: 'UnknownTask', message: 'no such task' },
      created_at: NOW,
      updated_at: NOW,
      expires_at: expect.any(Date),
    },
  ]);
});

it('a message that names a request of another body leaves its record alone, whatever becomes of it, and has its own', async () => {
  const reason = { code: 'BadMessage', message: 'It is none.' };
  const forged = { requestId: 'r', messageId: 'f', body: '{"b":2}' };
  await messages.registered({ requestId: 'r', messageId: 'r', body: BODY }, { tables: 1, rows: 2 });
  await messages.dropped({ requestId: 'r', messageId: 'r', body: BODY }, { task: 't', inProgress: 'x' });
  const before = await records();
  await messages.reject(forged, reason);
  await messages.refused(forged, [{ task: 't', ...reason }]);
  await messages.registering(forged, 'load');
  await messages.dropped(forged, { task: 't', inProgress: 'y' });
  const after = await records();
  expect(after.filter(({ request_id }) => request_id === 'r')).toEqual(before);
  expect(after.filter(({ request_id }) => request_id === 'f')).toEqual([
    expect.objectContaining({ state: 'registering', loads: ['load'], body: forged.body }),
    expect.objectContaining({ state: 'dropped', body: forged.body }),
  ]);
});

it('a message that came back under another id goes on with its record; the first of its name has it, whoever was there before', async () => {
  const reason = { code: 'Unavailable', message: 'It is away.' };
  await Promise.all(
    [1, 2, 3].map((n) => messages.reject({ requestId: 'r', messageId: `back-${n}`, body: BODY }, reason)),
  );
  expect(await records()).toEqual([expect.objectContaining({ request_id: 'r', state: 'rejected', body: BODY })]);
  await messages.registered({ requestId: 'r', messageId: 'r', body: '{"own":1}' }, { tables: 1, rows: 2 });
  expect(await records()).toEqual([
    expect.objectContaining({ request_id: 'r', state: 'registered', body: '{"own":1}' }),
  ]);
});

describe('who a message is', () => {
  it('is its own id, and a first delivery leaves no record', async () => {
    expect(await messages.identify(delivered('a'))).toEqual({ requestId: 'a', resumed: false });
    expect(await records()).toEqual([]);
  });

  it('is the earlier message of the same text whose work was begun, died and is not done', async () => {
    await died('a');
    for (const received of [1, 2, 3]) {
      expect(await messages.identify(delivered('b', { received }))).toEqual({ requestId: 'a', resumed: true });
    }
  });

  it('stays the earlier one while its work is abandoned or swept', async () => {
    const { _id } = await died('a');
    await ledger.fail({ _id, attempt: 1 }, { code: 'LeaseExpired', message: 'm' });
    expect(await messages.identify(delivered('b'))).toMatchObject({ requestId: 'a' });
    await ledger.startSweep(_id);
    await ledger.markSwept({ _id });
    expect(await messages.identify(delivered('b'))).toMatchObject({ requestId: 'a' });
  });

  const earlierOnes: Record<string, () => Promise<unknown>> = {
    'whose work is done': async () => ledger.complete(own.mongo, { ...(await died('a')), attempt: 1 }, async () => {}),
    'that planned nothing': () => messages.identify(delivered('a', { received: 2 })),
    'that was settled': async () => {
      await died('a');
      await messages.settle({ body: BODY });
    },
    'with another text': () => messages.identify(delivered('a', { received: 2, body: 'other' })),
  };
  it.each(Object.entries(earlierOnes))('is not an earlier one %s', async (_, earlier) => {
    await earlier();
    expect(await messages.identify(delivered('b'))).toEqual({ requestId: 'b', resumed: false });
    expect(await messages.identify(delivered('b', { received: 2 }))).toEqual({ requestId: 'b', resumed: false });
  });

  it('is what the message itself says, where it says so', async () => {
    await died('a');
    const named = delivered('b', { named: true, received: 2 });
    expect(await messages.identify(named)).toEqual({ requestId: 'b', resumed: false });
  });

  it('is found out of one that was put back before anybody looked, which names but its own id', async () => {
    await died('a');
    const putBack = { named: true, putBack: true, received: 1 };
    expect(await messages.identify(delivered('b', putBack))).toEqual({ requestId: 'a', resumed: true });
    expect(await messages.identify(delivered('a', putBack))).toEqual({ requestId: 'a', resumed: false });
    await ledger.begin(newPlan({ request_id: 'x', body_hash: bodyHash('other'), address: 'x' }));
    expect(await messages.identify(delivered('x', putBack))).toMatchObject({ requestId: 'x', foreign: true });
  });

  it('is none that another message is: one that names a request of another body has no part in it', async () => {
    await ledger.begin(newPlan({ request_id: 'a', body_hash: bodyHash(BODY) }));
    const named = { named: true, received: 1 };
    expect(await messages.identify(delivered('a', named))).toEqual({ requestId: 'a', resumed: false });
    expect(await messages.identify(delivered('a', { ...named, body: '{"a":2}' }))).toEqual({
      requestId: 'a',
      resumed: false,
      foreign: true,
    });
  });

  it('of one delivered ten times at once is noted once', async () => {
    const same = Array.from({ length: 10 }, () => messages.identify(delivered('a', { received: 2 })));
    expect(await Promise.all(same)).toEqual(same.map(() => ({ requestId: 'a', resumed: false })));
    expect(await records()).toMatchObject([{ state: 'retrying', request_id: 'a', body: BODY }]);
  });

  it('of a later message that takes the place of one that is done, is remembered from then on', async () => {
    await ledger.complete(own.mongo, { ...(await died('a')), attempt: 1 }, async () => {});
    await messages.identify(delivered('b', { received: 2 }));
    await ledger.begin(newPlan({ request_id: 'b' }));
    expect(await messages.identify(delivered('c'))).toEqual({ requestId: 'b', resumed: true });
  });
});

describe('what came of a message', () => {
  const message = { requestId: 'r', body: BODY };
  const REASON = { code: 'DatasetMissing', message: 'm' };

  it('that was dropped tells the request that was in its way, once for each task', async () => {
    for (const task of ['a', 'b', 'a']) await messages.dropped(message, { task, inProgress: 'other' });
    const found = await records();
    expect(found.map(({ request_id, state, task, error }) => [request_id, state, task, error.message])).toEqual(
      ['a', 'b'].map((task) => ['r', 'dropped', task, expect.stringContaining('other')]),
    );
  });

  it('that goes on with an earlier request is found under its own id', async () => {
    await died('a');
    await messages.identify(delivered('b'));
    expect(await own.db.collection('sample_requests').findOne({ request_id: 'b' })).toMatchObject({
      state: 'resumed',
      continues: 'a',
    });
  });

  it('that registers is one record, also where it was refused before', async () => {
    await messages.reject(message, REASON);
    await messages.registered(message, { tables: 2, rows: 30 });
    const [record, ...others] = await records();
    expect(others).toEqual([]);
    expect(record).toMatchObject({ request_id: 'r', state: 'registered', tables: 2, rows: 30, body: BODY });
    expect(record).not.toHaveProperty('error');
  });

  it('that waits for loads is registered when the last of them is done, and refused when one is', async () => {
    for (const load of ['x', 'y', 'x']) await messages.registering(message, load);
    await messages.registering({ requestId: 's', body: BODY }, 'y');
    const states = async () => (await records()).map(({ request_id, state }) => `${request_id} ${state}`);
    await messages.loadOver('x');
    expect(await states()).toEqual(['r registering', 's registering']);
    await messages.loadOver('y', REASON);
    expect(await states()).toEqual(['r rejected', 's rejected']);
    await messages.loadOver('y');
    expect(await states()).toEqual(['r registered', 's registered']);
    expect((await records()).filter((record) => 'error' in record)).toEqual([]);
  });

  it('that waits for a load without progress is refused after a day, and registered should the load be done after all', async () => {
    await messages.registering(message, 'x');
    const hours = (count: number) => new Date(NOW.getTime() + count * 3_600_000);
    expect(await giveUpLoads(own.db, hours(23))).toBe(0);
    await new MessageLog(own.db, 'q', () => hours(20)).loadGoesOn('x');
    expect(await giveUpLoads(own.db, hours(43))).toBe(0);
    expect(await giveUpLoads(own.db, hours(45))).toBe(1);
    expect(await records()).toMatchObject([{ state: 'rejected', error: { code: 'LeaseExpired' } }]);
    await messages.loadOver('x');
    expect(await records()).toMatchObject([{ state: 'registered' }]);
  });

  it('that had nothing to do tells why, once', async () => {
    for (let i = 0; i < 2; i++) await messages.withoutWork(message, 'There is no task t.', 't');
    expect(await records()).toMatchObject([
      { request_id: 'r', state: 'dropped', task: 't', error: { code: 'Dropped', message: 'There is no task t.' } },
    ]);
  });

  it('is bounded, whatever was sent', async () => {
    const long = { code: 'BadMessage', message: 'é'.repeat(1_000_000) };
    await messages.reject({ requestId: 'r', body: '😀'.repeat(1_000_000) }, long);
    const [record] = await records();
    expect(BSON.calculateObjectSize(record ?? {})).toBeLessThan(64 * 1024);
    expect(record?.['body']).toMatch(/^(😀)+ \.\.\.$/u);
  });
});
