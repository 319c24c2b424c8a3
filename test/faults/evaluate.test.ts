import { type Document, MongoClient, type ObjectId } from 'mongodb';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { evaluateTask } from '../../lib/evaluate/evaluate.ts';
import { findTasks } from '../../lib/evaluate/find.ts';
import { ensureEvaluationIndexes } from '../../lib/evaluate/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { chatBody, writeAnswered } from '../evaluate/answered-task.ts';
import { KeptQueue, servicesOn } from '../evaluate/own-services.ts';
import { useOwnDatabase } from '../ledger/own-database.ts';
import { between, shuffled } from './chance.ts';
import { mongoWire } from './wire.ts';

const log = new Logger('error', {}, () => {});
const own = useOwnDatabase();
beforeAll(() => ensureEvaluationIndexes(own.db));
beforeEach(async () => {
  for (const name of ['responses', 'results', 'evaluations']) await own.db.collection(name).deleteMany({});
});

/** 250 documents, two portions of them: right, wrong, failed. */
const answered = () =>
  writeAnswered(
    own.db,
    Array.from({ length: 250 }, (_, i) => (i % 7 === 0 ? ['<html>'] : [chatBody(i % 3 === 0 ? 'none' : `It is ${i}`)])),
  );

/** What an undisturbed evaluation of it writes: the scores of documents 0 to 249. */
const EXPECTED = Array.from({ length: 250 }, (_, id) => ({
  id,
  score: id % 7 !== 0 && id % 3 !== 0 ? 1 : 0,
  code: id % 7 === 0 ? 2 : 0,
}));

async function scoresOf(id: ObjectId): Promise<unknown[]> {
  const results = await own.db.collection('results').find({ 'result_data.task_id': id }).toArray();
  expect(results).toHaveLength(1);
  const scores: Document[] = results[0]?.['scores'];
  return scores
    .map(({ id: docId, score, status_code: code }) => ({ id: docId, score, code }))
    .toSorted((a, b) => a.id - b.id);
}

/** Evaluates over a wire that is cut at its nth command or answer, as when the process dies there; gives what passed. */
async function cutAt(id: ObjectId, at: number, told: KeptQueue): Promise<string[]> {
  const port = own.mongo.options.hosts[0]?.port ?? 0;
  const passed: string[] = [];
  const wire = await mongoWire(port, ({ command, collection, when }) => {
    if (command === 'hello' || command === 'ismaster' || command === 'endSessions') return true;
    passed.push(`${command} ${collection} ${when}`);
    return passed.length !== at;
  });
  const mongo = new MongoClient(`mongodb://127.0.0.1:${wire.port}/${own.db.databaseName}?directConnection=true`, {
    retryWrites: false,
    retryReads: false,
    maxPoolSize: 1,
    serverSelectionTimeoutMS: 300,
    socketTimeoutMS: 3000,
  });
  const dead = new Promise<void>((resolve) => {
    mongo.on('connectionClosed', () => resolve());
  });
  // A process that dies does nothing more: whatever the work would still try finds no connection.
  const died = dead.then(() => mongo.close(true));
  await Promise.race([evaluateTask(servicesOn(mongo, told), id.toHexString(), log).catch(() => {}), died]);
  wire.close();
  await mongo.close(true).catch(() => {});
  return passed;
}

test('a process that dies at any command or answer: the next one writes the same result, once, and tells it', async () => {
  const places = (await cutAt(await answered(), Number.POSITIVE_INFINITY, new KeptQueue())).length;
  expect(places).toBeGreaterThan(20);
  const twice: string[] = [];
  for (let at = 1; at <= places; at++) {
    const told = new KeptQueue();
    const id = await answered();
    const place = (await cutAt(id, at, told)).at(at - 1) ?? '';
    await evaluateTask(servicesOn(own.mongo, told), id.toHexString(), log);
    const now = () => new Date(Date.now() + 120_000);
    await findTasks({ ...servicesOn(own.mongo, told), evaluateQueue: new KeptQueue(), now }, log);
    expect(await scoresOf(id), place).toEqual(EXPECTED);
    expect(await own.db.collection('tasks').findOne({ _id: id }), place).toMatchObject({
      evaluated: true,
      drop: false,
    });
    expect(new Set(told.bodies), place).toEqual(new Set([JSON.stringify({ task_id: id.toHexString() })]));
    if (told.bodies.length > 1) twice.push(place);
  }
  // Sent, and dead before it could be noted: SQS has no transaction with MongoDB.
  expect(twice.every((place) => place.startsWith('update evaluations'))).toBe(true);
  console.log(`evaluate: cut at each of ${places} commands and answers; lost 0, doubled 0, told twice ${twice.length}`);
}, 600_000);

test('every message delivered one to five times, in any order and side by side: one result and one telling each', async () => {
  const told = new KeptQueue();
  const ids = await Promise.all(Array.from({ length: 5 }, answered));
  const messages = shuffled(ids.flatMap((id) => Array.from({ length: between(1, 5) }, () => id)));
  const outcomes = await Promise.all(
    messages.map((id) => evaluateTask(servicesOn(own.mongo, told), id.toHexString(), log)),
  );
  expect(outcomes.filter(({ completed }) => completed)).toHaveLength(ids.length);
  for (const id of ids) expect(await scoresOf(id)).toEqual(EXPECTED);
  expect(told.bodies.toSorted()).toEqual(ids.map((id) => JSON.stringify({ task_id: id.toHexString() })).toSorted());
});

test('a task that is removed while it is evaluated leaves no result behind', async () => {
  const told = new KeptQueue();
  const id = await answered();
  const work = evaluateTask(servicesOn(own.mongo, told), id.toHexString(), log);
  await own.db.collection('tasks').deleteOne({ _id: id });
  await work;
  const left = await own.db.collection('results').countDocuments({ 'result_data.task_id': id });
  // Either it was too late, and the result came with the task's mark, or nothing is written.
  expect([left, told.bodies.length]).toEqual([left, left]);
});

test.each([
  ['is still there: it is told again', false, 2],
  ['was removed by whoever acts on outcomes: it counts as told', true, 1],
])('a process died after sending an outcome and before noting it, and the task %s', async (_, removed, times) => {
  const told = new KeptQueue();
  const id = await answered();
  await evaluateTask(servicesOn(own.mongo, told), id.toHexString(), log);
  const asItDied = { $set: { untold: true, telling_until: new Date(0) }, $unset: { told_at: '' } };
  await own.db.collection('evaluations').updateOne({ _id: id }, asItDied);
  if (removed) await own.db.collection('tasks').deleteOne({ _id: id });
  await findTasks({ ...servicesOn(own.mongo, told), evaluateQueue: new KeptQueue() }, log);
  expect(told.bodies).toEqual(Array.from({ length: times }, () => JSON.stringify({ task_id: id.toHexString() })));
  expect(await own.db.collection('evaluations').findOne({ _id: id })).not.toHaveProperty('untold');
});
