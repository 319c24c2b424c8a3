import { BSON, type Document, ObjectId } from 'mongodb';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { evaluateTask } from '../../lib/evaluate/evaluate.ts';
import { findTasks } from '../../lib/evaluate/find.ts';
import { ensureEvaluationIndexes } from '../../lib/evaluate/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { useOwnDatabase } from '../ledger/own-database.ts';
import { undescribed } from '../service/described.ts';
import { chatBody, writeAnswered } from './answered-task.ts';
import { KeptQueue, servicesOn } from './own-services.ts';

const log = new Logger('error', {}, () => {});
const own = useOwnDatabase();
let told: KeptQueue;
// Whatever a test wrote is as docs/documents.md describes it.
afterEach(async () => {
  for (const name of ['results', 'evaluations']) expect((await undescribed(own.db, name)).found).toEqual([]);
});

beforeAll(() => ensureEvaluationIndexes(own.db));
beforeEach(async () => {
  told = new KeptQueue();
  for (const name of ['responses', 'results', 'evaluations']) await own.db.collection(name).deleteMany({});
});

const evaluate = (id: ObjectId) => evaluateTask(servicesOn(own.mongo, told), id.toHexString(), log);
const resultOf = (id: ObjectId) => own.db.collection('results').findOne({ 'result_data.task_id': id });

/** Score, id, status and time of each sample. */
async function samplesOf(id: ObjectId): Promise<unknown[]> {
  const result = await resultOf(id);
  return (result?.['scores'] ?? []).map(({ score, id: docId, status_code, run_time }: Document) => [
    score,
    docId,
    status_code,
    run_time,
  ]);
}

describe('results', () => {
  it('hold each document once, good ones first, with the types that the Manager reads', async () => {
    const id = await writeAnswered(own.db, [[chatBody('It is 0')], ['<html>'], [chatBody('2, or 7')]]);
    await evaluate(id);
    const raw = await own.db.collection('results').findOne({}, { promoteValues: false });
    expect(BSON.EJSON.stringify(raw?.['scores'], { relaxed: false })).toBe(
      JSON.stringify([
        {
          score: { $numberDouble: '1.0' },
          id: { $numberInt: '0' },
          run_time: { $numberDouble: '50.0' },
          status_code: { $numberInt: '0' },
          error_str: '',
        },
        {
          score: { $numberDouble: '0.0' },
          id: { $numberInt: '2' },
          run_time: { $numberDouble: '50.0' },
          status_code: { $numberInt: '0' },
          error_str: '',
        },
        {
          score: { $numberDouble: '0.0' },
          id: { $numberInt: '1' },
          run_time: { $numberDouble: '0.0' },
          status_code: { $numberInt: '2' },
          error_str: 'Bad JSON data format (response): <html>',
        },
      ]),
    );
    const { _id, task_id, result_time, ...data } = raw?.['result_data'] ?? {};
    expect([_id, task_id, result_time]).toEqual([expect.any(ObjectId), id, expect.any(Date)]);
    expect(BSON.EJSON.stringify(data, { relaxed: false })).toBe(
      '{"num_samples":{"$numberInt":"3"},"status":{"$numberInt":"0"},"result_height":{"$numberInt":"100"}}',
    );
  });

  it.each([
    ['no content', [chatBody(null)], [0, 0, 12, 0]],
    ['no choices', ['{"id":"x","model":"m","choices":[],"usage":{}}'], [0, 0, 12, 0]],
    ['no response at all', [], [0, 0, 1, 0]],
    ['a failure, then a good answer', ['zzz', chatBody('0')], [1, 0, 0, 50]],
    ['a good answer, then a failure', [chatBody('0'), { ok: false, error_code: 7, error: 'e' }], [1, 0, 0, 50]],
    [
      'two failures',
      [
        { ok: false, error_code: 7, error: 'e' },
        { ok: false, error_code: 1, error: 'f' },
      ],
      [0, 0, 7, 0],
    ],
    ['an HTTP error whose body is an answer', [{ error_code: 2, response: chatBody('0') }], [1, 0, 0, 50]],
    ['a document without a body', [{ ms: 3 }], [0, 0, 1, 0]],
  ])('give one sample to a document with %s', async (_what, answers, sample) => {
    const id = await writeAnswered(own.db, [answers]);
    await evaluate(id);
    expect(await samplesOf(id)).toEqual([sample]);
  });

  it('never pass what MongoDB holds, whatever servers send back', async () => {
    const page = 'x'.repeat(20_000);
    const id = await writeAnswered(
      own.db,
      Array.from({ length: 50 }, () => [page]),
    );
    await evaluate(id);
    const [first] = (await resultOf(id))?.['scores'] ?? [];
    expect(Buffer.byteLength(first.error_str)).toBe(1024);
  });
});

describe('a task', () => {
  it('is evaluated once and told once, however often and by however many at a time it is asked for', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')], [chatBody('1')]]);
    const all = await Promise.all([evaluate(id), evaluate(id), evaluate(id)]);
    await evaluate(id);
    expect(all.filter(({ completed }) => completed)).toHaveLength(1);
    expect(told.bodies).toEqual([JSON.stringify({ task_id: id.toHexString() })]);
    expect(await own.db.collection('results').countDocuments()).toBe(1);
    expect(await own.db.collection('tasks').findOne({ _id: id })).toMatchObject({ evaluated: true, drop: false });
  });

  it('that is gone leaves no document behind', async () => {
    expect(await evaluate(new ObjectId())).toMatchObject({ completed: false });
    expect([await own.db.collection('results').countDocuments(), told.bodies]).toEqual([0, []]);
  });

  it('that still waits for answers is tried again', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')]], { done: false });
    await expect(evaluate(id)).rejects.toMatchObject({ code: 'NotDone', permanent: false });
    expect(await resultOf(id)).toBeNull();
  });

  it('that was never marked though all its prompts are done is evaluated, and marked', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')]], { done: false, promptsDone: true });
    await evaluate(id);
    expect(await own.db.collection('tasks').findOne({ _id: id })).toMatchObject({ done: true, evaluated: true });
  });

  it.each([
    ['its definition is not known', { tasks: 'nowhere' }, 'UnknownTask'],
    ['its path has no model', { requester_args: { path: '/v1/other' } }, 'UnsupportedPath'],
    ['its instances ask for something else', { request_type: 'loglikelihood' }, 'UnsupportedTask'],
  ])('gets an outcome that says so where %s', async (_what, task, code) => {
    const id = await writeAnswered(own.db, [[chatBody('0')]], { task });
    await evaluate(id);
    expect((await resultOf(id))?.['result_data']).toMatchObject({ status: 12, num_samples: 0, result_height: -1 });
    expect(await own.db.collection('tasks').findOne({ _id: id })).toMatchObject({ drop: true, evaluated: false });
    expect(await own.db.collection('evaluations').findOne({ _id: id })).toMatchObject({
      state: 'failed',
      error: { code },
    });
    expect(told.bodies).toHaveLength(1);
  });

  it('leaves what was extracted, gold, every metric and their means in evaluations', async () => {
    const id = await writeAnswered(own.db, [[chatBody('5, so 0')], [chatBody('1')]]);
    await evaluate(id);
    const metric = (filter: string, mean: number, stderr: number) => ({
      filter,
      metric: 'exact_match',
      mean,
      stderr,
      documents: 2,
    });
    expect(await own.db.collection('evaluations').findOne({ _id: id })).toMatchObject({
      state: 'evaluated',
      selected: { filter: 'flexible-extract', metric: 'exact_match', source: 'table' },
      documents: 2,
      failed: 0,
      metrics: [metric('strict-match', 0.5, 0.5), metric('flexible-extract', 1, 0)],
      seed: 7,
      harness: '0.4.9',
    });
    const part = await own.db.collection('evaluations').findOne({ task_id: id, part: 0 });
    expect(part?.['documents'][0]).toMatchObject({
      doc_id: 0,
      gold: '0',
      filters: [{ extracted: '5' }, { extracted: '0' }],
    });
  });
});

describe('the clock', () => {
  it('sends tasks that are done or whose prompts are, each once until its wait is over, and gives up in the end', async () => {
    const queue = new KeptQueue();
    const of = (address: string) => ({ task: { requester_args: { address, service: 'fair' } } });
    const done = await writeAnswered(own.db, [[chatBody('0')]], of('of one'));
    const unmarked = await writeAnswered(own.db, [[chatBody('0')]], {
      done: false,
      promptsDone: true,
      ...of('of another'),
    });
    await writeAnswered(own.db, [[chatBody('0')]], { done: false });
    await writeAnswered(own.db, [[chatBody('0')]], { task: { framework: 'signatures' } });
    await writeAnswered(own.db, [[chatBody('0')]], { task: { drop: true } });
    await writeAnswered(own.db, [[chatBody('0')]], { task: { evaluated: true } });
    let now = new Date();
    const look = () => findTasks({ ...servicesOn(own.mongo, told), evaluateQueue: queue, now: () => now }, log);
    expect(await look()).toEqual({ sent: 2, givenUp: 0, told: 0 });
    expect(await look()).toEqual({ sent: 0, givenUp: 0, told: 0 });
    expect(queue.bodies.toSorted()).toEqual(
      [done, unmarked].map((id) => JSON.stringify({ task_id: id.toHexString() })).toSorted(),
    );
    // So that a supplier with thousands of tasks does not hold up the two of another.
    expect(queue.sharers.toSorted()).toEqual(['of another', 'of one']);
    const later = [];
    for (let round = 0; round < 6; round++) {
      now = new Date(now.getTime() + 2 * 24 * 3600 * 1000);
      later.push(await look());
    }
    expect(later.map(({ sent, givenUp }) => [sent, givenUp])).toEqual([
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
      [0, 2],
      [0, 0],
    ]);
    expect(told.bodies).toHaveLength(2);
  });

  it('tells an outcome whose process died before it did', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')]]);
    const away = { send: () => Promise.reject(new Error('SQS is away')) };
    await expect(
      evaluateTask({ ...servicesOn(own.mongo, told), evaluatedQueue: away }, id.toHexString(), log),
    ).rejects.toThrow();
    const now = () => new Date(Date.now() + 120_000);
    const services = { ...servicesOn(own.mongo, told), evaluateQueue: new KeptQueue(), now };
    expect(await findTasks(services, log)).toMatchObject({ told: 1 });
    expect(told.bodies).toHaveLength(1);
  });
});
