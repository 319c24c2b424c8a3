import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMongo } from '../../lib/clients/mongo.ts';
import { mongoClock } from '../../lib/clients/mongo-clock.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { useOwnDatabase } from '../ledger/own-database.ts';
import { newPlan } from '../ledger/own-plan.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const own = useOwnDatabase();

afterEach(() => {
  vi.useRealTimers();
});

/** Does something where this process is so far off. */
async function off<T>(ms: number, work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

describe.each([-2 * HOUR_MS, 2 * HOUR_MS])('a process whose clock is %d ms ahead', (ms) => {
  it('has the time of MongoDB from its first command on', async () => {
    const told = await off(ms, async () => {
      const client = createMongo(own.uri);
      const now = mongoClock(client);
      await client.db().command({ ping: 1 });
      const then = now();
      await client.close();
      return then.getTime();
    });
    expect(Math.abs(told - Date.now())).toBeLessThan(MINUTE_MS);
  });

  it('ends no lease early, and writes none that ends early or late', async () => {
    const right = new Ledger(own.db, HOUR_MS);
    const [before, theirs] = [newPlan(), newPlan({ task: 'theirs' })];
    await right.begin(before);
    const ended = await off(ms, async () => {
      const client = createMongo(own.uri);
      const ledger = new Ledger(client.db(), HOUR_MS, mongoClock(client));
      await client.db().command({ ping: 1 });
      await ledger.begin(theirs);
      const is = await ledger.expire(before._id);
      await client.close();
      return is;
    });
    expect(ended).toBe(false);
    const lease = (await right.find(theirs._id))?.lease_until?.getTime() ?? 0;
    expect(Math.abs(lease - HOUR_MS - Date.now())).toBeLessThan(MINUTE_MS);
  });
});

it('an answer that is read late, as by a process that stood still, puts no clock back', () => {
  const client = new EventEmitter();
  const now = mongoClock(client);
  const answer = (lateMs: number) =>
    client.emit('serverHeartbeatSucceeded', { reply: { localTime: new Date(Date.now() - lateMs) } });
  answer(0);
  answer(HOUR_MS);
  expect(Math.abs(now().getTime() - Date.now())).toBeLessThan(MINUTE_MS);
});

it('the clock of this process that is set right is right again after some answers', () => {
  const client = new EventEmitter();
  const now = mongoClock(client);
  const answer = (there: number) => client.emit('serverHeartbeatSucceeded', { reply: { localTime: new Date(there) } });
  answer(Date.now() + HOUR_MS);
  for (let n = 0; n < 4; n++) answer(Date.now());
  expect(Math.abs(now().getTime() - Date.now())).toBeLessThan(MINUTE_MS);
});

it('an answer that tells no time says nothing', () => {
  const client = new EventEmitter();
  const now = mongoClock(client);
  client.emit('serverHeartbeatSucceeded', { reply: {} });
  expect(Math.abs(now().getTime() - Date.now())).toBeLessThan(MINUTE_MS);
});
