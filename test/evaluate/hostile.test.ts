import { Int32, Long, ObjectId } from 'mongodb';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeDict } from '../../lib/catalogue/config-value.ts';
import { Answers } from '../../lib/evaluate/answers.ts';
import { evaluateTask } from '../../lib/evaluate/evaluate.ts';
import { ensureEvaluationIndexes } from '../../lib/evaluate/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { loads } from '../../lib/python/json.ts';
import { useOwnDatabase } from '../ledger/own-database.ts';
import { type Answer, chatBody, writeAnswered } from './answered-task.ts';
import { CATALOGUE, KeptQueue, servicesOn } from './own-services.ts';

const log = new Logger('error', {}, () => {});
const own = useOwnDatabase();
let told: KeptQueue;
beforeAll(() => ensureEvaluationIndexes(own.db));
beforeEach(async () => {
  told = new KeptQueue();
  for (const name of ['responses', 'results', 'evaluations']) await own.db.collection(name).deleteMany({});
});

const evaluate = (id: ObjectId) => evaluateTask(servicesOn(own.mongo, told), id.toHexString(), log);
async function samplesOf(id: ObjectId): Promise<unknown[]> {
  const result = await own.db.collection('results').findOne({ 'result_data.task_id': id });
  const scores: { id: number; score: number; status_code: number }[] = result?.['scores'] ?? [];
  return scores.map(({ id: docId, score, status_code }) => [docId, score, status_code]);
}

const choices = (many: number) =>
  JSON.stringify({
    id: 'x',
    model: 'm',
    choices: Array.from({ length: many }, (_, index) => ({ index, message: { role: 'a', content: `${index}` } })),
    usage: {},
  });
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('answers made to do harm', () => {
  it.each<[string, Answer, [score: number, code: number]]>([
    ['as large as a document can be, and all digits', chatBody('1'.repeat(15_900_000)), [0, 12]],
    ['of a million digits', chatBody('1'.repeat(1_000_000)), [0, 0]],
    ['that large, and no JSON', 'x'.repeat(15_900_000), [0, 2]],
    ['of ten thousand choices', choices(10_000), [1, 0]],
    ['nested a hundred thousand deep', nested(100_000), [0, 2]],
    ['nested in a field that nobody reads', chatBody('0').replace('{', `{"deep":${nested(900)},`), [1, 0]],
    ['with a half of a surrogate pair', chatBody('0').replace('"0"', '"\\ud83d 0"'), [1, 0]],
    ['with the same key twice', chatBody('0').replace('"content":', '"content":"9","content":'), [1, 0]],
  ])('count as what they are: %s', async (_, answer, [score, code]) => {
    const id = await writeAnswered(own.db, [[answer], [chatBody('1')]]);
    await evaluate(id);
    expect((await samplesOf(id)).toSorted()).toEqual([
      [0, score, code],
      [1, 1, 0],
    ]);
  });

  it('that are large and many are held a few at a time, each document scored once', async () => {
    const id = await writeAnswered(
      own.db,
      Array.from({ length: 40 }, (_, i) => [
        i % 4 === 0 ? 'x'.repeat(900_000) : chatBody(`${'so '.repeat(300_000)}${i}`),
      ]),
    );
    const of = { db: own.db, taskId: id, path: '/v1/chat/completions', requestType: 'generate_until' } as const;
    const portions: number[] = [];
    for await (const portion of (await Answers.of(of)).portions()) {
      portions.push(portion.length);
      const held = portion.flatMap(({ answered, failed }) => answered?.generations ?? [failed?.error ?? '']);
      expect(held.join('').length).toBeLessThan(16 * 1024 ** 2);
    }
    expect(portions.length).toBeGreaterThan(2);
    await evaluate(id);
    expect((await samplesOf(id)).toSorted()).toEqual(
      Array.from({ length: 40 }, (_, i) => [i, i % 4 === 0 ? 0 : 1, i % 4 === 0 ? 2 : 0]).toSorted(),
    );
  });

  it('that keep a regular expression busy without end fail alone, and their supplier pays for it', async () => {
    const definition = {
      task: 'gsm8k',
      dataset_path: 'gsm8k',
      output_type: 'generate_until',
      doc_to_text: '{{question}}',
      doc_to_target: "{{answer.split('### ')[-1]}}",
      filter_list: [
        { name: 'last', filter: [{ function: 'regex', regex_pattern: '^(.*?)\\s*$' }, { function: 'take_first' }] },
      ],
      metric_list: [{ metric: 'exact_match' }],
    };
    const entry = { name: 'gsm8k', yaml: '', config: decodeDict(loads(JSON.stringify(definition))), problem: null };
    const catalogue = async () => ({ ...CATALOGUE, find: async () => entry });
    const id = await writeAnswered(own.db, [
      [chatBody('0')],
      [chatBody(`${' '.repeat(300_000)}x\n\nx`)],
      [chatBody('2')],
    ]);
    await evaluateTask({ ...servicesOn(own.mongo, told), catalogue }, id.toHexString(), log);
    expect(await samplesOf(id)).toEqual([
      [0, 1, 0],
      [2, 1, 0],
      [1, 0, 12],
    ]);
    expect(told.bodies).toHaveLength(1);
  });
});

describe('a database in which something is odd', () => {
  it('a result of another evaluator without the mark of its task is replaced, under its own _id', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')]]);
    const theirs = {
      _id: new ObjectId(),
      result_data: { task_id: id, num_samples: 9, status: 12 },
      scores: [{ id: 8 }],
    };
    await own.db.collection<{ _id: ObjectId }>('results').insertOne(theirs);
    await evaluate(id);
    expect(await own.db.collection('results').find().toArray()).toMatchObject([
      { _id: theirs._id, result_data: { num_samples: 1, status: 0 } },
    ]);
    expect(await samplesOf(id)).toEqual([[0, 1, 0]]);
  });

  it('a task that another evaluator scored stays as it is', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')]], { task: { evaluated: true } });
    await own.db.collection('results').insertOne({ result_data: { task_id: id, num_samples: 9 }, scores: [] });
    expect(await evaluate(id)).toMatchObject({ completed: false });
    expect(await own.db.collection('results').findOne({})).toMatchObject({ result_data: { num_samples: 9 } });
  });

  it('prompts without an instance, and answers to prompts of other tasks, count for nothing', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')], [chatBody('1')]]);
    const stray = { task_id: id, instance_id: new ObjectId(), done: true };
    const prompt = new ObjectId();
    await own.db.collection('prompts').insertOne({ _id: prompt, data: '{}', ...stray });
    const other = await own.db.collection('instances').findOne({ task_id: id, doc_id: 0 });
    const response = { ok: true, error_code: new Int32(0), ms: Long.fromNumber(1), session_height: Long.fromNumber(7) };
    await own.db.collection('responses').insertMany([
      { ...response, ...stray, prompt_id: prompt, response: chatBody('9') },
      { ...response, task_id: id, instance_id: other?._id, prompt_id: new ObjectId(), response: chatBody('9') },
    ]);
    await evaluate(id);
    expect(await samplesOf(id)).toEqual([
      [0, 1, 0],
      [1, 1, 0],
    ]);
  });

  it('instances that are not there leave nothing to score: the task gets an outcome that says so', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')]]);
    await own.db.collection('instances').deleteMany({ task_id: id });
    await evaluate(id);
    expect(await own.db.collection('evaluations').findOne({ _id: id })).toMatchObject({ state: 'failed' });
    expect(told.bodies).toHaveLength(1);
  });

  it('answers that come in while others are scored are all scored, or none of them twice', async () => {
    const id = await writeAnswered(own.db, [[chatBody('0')], [], [chatBody('2')]]);
    const prompt = await own.db.collection('instances').findOne({ task_id: id, doc_id: 1 });
    const [outcome] = await Promise.all([
      evaluate(id),
      own.db.collection('responses').insertOne({ task_id: id, instance_id: prompt?._id, ok: true, response: '{}' }),
    ]);
    expect(outcome).toMatchObject({ completed: true, documents: 3 });
    expect(await samplesOf(id)).toHaveLength(3);
  });
});
