import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Document, ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { evaluateTask } from '../../lib/evaluate/evaluate.ts';
import { ensureEvaluationIndexes } from '../../lib/evaluate/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { readAnswer } from '../../lib/operator/batch-answers.ts';
import { importAnswers } from '../../lib/operator/batch-import.ts';
import { answerOpenPrompts } from '../../localstack/requester.ts';
import { samplerHere, samplerJson } from '../bin/cli.ts';
import { writeFolder } from '../bin/own-tasks.ts';
import { chatBody, writeAnswered } from '../evaluate/answered-task.ts';
import { KeptQueue, servicesOn } from '../evaluate/own-services.ts';
import { useOwnDatabase } from '../ledger/own-database.ts';

const own = useOwnDatabase();
const folder = writeFolder({});
const file = (name: string) => join(folder, name);
const here = (args: readonly string[]) => samplerJson(args, { MONGODB_URI: own.uri }, samplerHere);

/** A body that no printer of JSON would print again: blanks, a float, a line separator as it is. */
const data = (docId: number) => `{"model": "m","temperature":0.0,"messages":[{"content":"\u2028${docId}"}]}`;

/** A task of gsm8k that waits for its answers. */
async function openTask(documents: number): Promise<ObjectId> {
  const id = await writeAnswered(
    own.db,
    Array.from({ length: documents }, () => []),
    { done: false },
  );
  for await (const { _id, doc_id: docId } of own.db.collection('instances').find({ task_id: id })) {
    const prompt = { data: data(docId), trigger_session: 0, timeout: 60 };
    await own.db.collection('prompts').updateOne({ instance_id: _id }, { $set: prompt });
  }
  return id;
}

async function exported(id: ObjectId, format = 'openai-batch') {
  const out = file(`${id}-${format}.jsonl`);
  const { code, json } = await here(['export', id.toHexString(), '--format', format, '--out', out]);
  expect([code, json]).toMatchObject([0, { files: [out] }]);
  return readFileSync(out, 'utf8').split('\n').slice(0, -1);
}

/** A file as a batch service gives it back. */
function answersFile(lines: readonly string[], bodyOf: (docId: number) => object | null): string {
  const answers = lines.map((line, docId) => {
    const { custom_id } = JSON.parse(line);
    const body = bodyOf(docId);
    if (body === null) return { id: 'b', custom_id, response: null, error: { code: 'batch_expired', message: 'late' } };
    return {
      id: 'b',
      custom_id,
      response: { status_code: 'error' in body ? 429 : 200, request_id: 'r', body },
      error: null,
    };
  });
  const path = file(`${new ObjectId()}.jsonl`);
  writeFileSync(
    path,
    answers
      .map((answer) => `${JSON.stringify(answer)}\n`)
      .toReversed()
      .join(''),
  );
  return path;
}

const responses = (id: ObjectId) => own.db.collection('responses').find({ task_id: id }).toArray();

describe('the files of an export', () => {
  it('hold each open prompt by document, its body byte for byte, under its id', async () => {
    const id = await openTask(3);
    const prompts = await own.db.collection('prompts').find({ task_id: id }).toArray();
    const byData = new Map(prompts.map((prompt) => [prompt['data'], String(prompt._id)]));
    const lines = [0, 1, 2].map((docId) => ({ id: byData.get(data(docId)), data: data(docId) }));
    expect(await exported(id)).toEqual(
      lines.map(
        (line) => `{"custom_id":"${line.id}","method":"POST","url":"/v1/chat/completions","body":${line.data}}`,
      ),
    );
    const [first] = await exported(id, 'jsonl');
    expect(JSON.parse(first ?? '')).toMatchObject({
      custom_id: lines[0]?.id,
      task_id: String(id),
      task: 'gsm8k',
      doc_id: 0,
      idx: 0,
    });
  });

  it('reserve the prompts: the Requester leaves them alone until they are released', async () => {
    const id = await openTask(2);
    await own.db.collection('tasks').updateOne({ _id: id }, { $set: { 'requester_args.address': String(id) } });
    const requester = { mongo: own.mongo, address: String(id), server: 'http://127.0.0.1:9', session: 2 ** 40 };
    await exported(id);
    expect(await answerOpenPrompts(requester)).toBe(0);
    expect((await here(['export', String(id), '--release'])).json).toEqual({ released: 2 });
    expect(await answerOpenPrompts(requester)).toBe(2);
  });
});

describe('an import', () => {
  it('leads to the score: answers become responses, all is marked done, and twice is once', async () => {
    const id = await openTask(4);
    const bodies = [
      JSON.parse(chatBody('It is 0')),
      { error: { message: 'slow down' } },
      null,
      JSON.parse(chatBody('4')),
    ];
    const answers = answersFile(await exported(id), (docId) => bodies[docId] ?? null);
    expect((await here(['import', answers])).json).toEqual({ answers: 4, written: 4, known: 0, done: [String(id)] });
    expect((await here(['import', answers])).json).toEqual({ answers: 4, written: 0, known: 4, done: [] });
    const found = await responses(id);
    const expectedCodes = { 0: 2, 1: 1, 4: 1 };
    expect(found).toHaveLength(4);
    for (const [code, count] of Object.entries(expectedCodes)) {
      expect(found.filter(({ error_code }) => error_code === Number(code))).toHaveLength(count);
    }
    const raw = await own.db.collection('responses').findOne({ task_id: id, error_code: 4 }, { promoteValues: false });
    expect(shape(raw ?? {})).toEqual({
      _id: 'ObjectId',
      ok: 'Boolean',
      error_code: 'Int32',
      ms: 'Long',
      response: 'String',
      error: 'String',
      height: 'Long',
      session_height: 'Long',
      task_id: 'ObjectId',
      instance_id: 'ObjectId',
      prompt_id: 'ObjectId',
    });
    for (const name of ['tasks', 'instances', 'prompts']) {
      expect(await own.db.collection(name).countDocuments({ $or: [{ _id: id }, { task_id: id }], done: false })).toBe(
        0,
      );
    }
    await ensureEvaluationIndexes(own.db);
    await evaluateTask(servicesOn(own.mongo, new KeptQueue()), id.toHexString(), new Logger('error', {}, () => {}));
    const result = await own.db.collection('results').findOne({ 'result_data.task_id': id });
    const scores = result?.['scores'].map(({ id: docId, score, status_code }: Document) => [
      docId,
      score,
      status_code === 0,
    ]);
    expect(scores.toSorted()).toEqual([
      [0, 1, true],
      [1, 0, false],
      [2, 0, false],
      [3, 0, true],
    ]);
  });

  it('of a part leaves the task open until the rest is there', async () => {
    const id = await openTask(2);
    const [first = '', second = ''] = await exported(id);
    const part = (line: string) => answersFile([line], () => JSON.parse(chatBody('1')));
    expect((await here(['import', part(first)])).json).toMatchObject({ written: 1, done: [] });
    expect(await exported(id)).toEqual([second]);
    expect((await here(['import', part(second)])).json).toMatchObject({ written: 1, done: [String(id)] });
  });

  it('takes lines of ones own, with a body as text', async () => {
    const id = await openTask(1);
    const [line = ''] = await exported(id, 'jsonl');
    const path = file('own.jsonl');
    writeFileSync(
      path,
      `\n${JSON.stringify({ custom_id: JSON.parse(line).custom_id, response: ' {"a": 1.0}\u2028' })}`,
    );
    expect((await here(['import', path])).json).toMatchObject({ written: 1 });
    expect(await responses(id)).toMatchObject([{ ok: true, error_code: 0, response: ' {"a": 1.0}\u2028' }]);
  });

  it.each([
    [
      'answers to prompts that are not there',
      `{"custom_id":"${'a'.repeat(24)}","response":{}}`,
      /1 of 2 answers .* a{24}\. Nothing was written/,
    ],
    ['a line that is none', '{"custom_id":', /line 2: it is no JSON/],
    ['a line that is nested without end', `{"custom_id":${'['.repeat(200_000)}`, /line 2: it is no JSON/],
    ['a list', '[1]', /line 2: it is no object/],
    ['an id that export never wrote', '{"custom_id":"request-1","response":{}}', /line 2: its custom_id is none/],
    ['an id that is a query', '{"custom_id":{"$ne":null},"response":{}}', /line 2: its custom_id is none/],
    ['no id', '{"response":{}}', /line 2: its custom_id is none/],
    [
      'a request in place of an answer',
      `{"custom_id":"${'a'.repeat(24)}","method":"POST","url":"/v1","body":{}}`,
      /line 2: it has neither response nor error; it is one of the requests that export wrote/,
    ],
    [
      'a status that is none',
      `{"custom_id":"${'a'.repeat(24)}","response":{"status_code":true,"body":{}}}`,
      /line 2: its status_code is no status/,
    ],
    [
      'an answer that MongoDB could not hold',
      `{"custom_id":"${'a'.repeat(24)}","response":"${'x'.repeat((15 << 20) + 1)}"}`,
      /line 2: its answer has 15728641 bytes, and MongoDB takes 15728640/,
    ],
    ['a line without end', 'x'.repeat((64 << 20) + 1), /line 2: it has more than 67108864 characters/],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x61]), /bad.jsonl, line \d: from here on it is no UTF-8/],
  ])('refuses %s and writes nothing', async (_, line, reason) => {
    const id = await openTask(1);
    const [good = ''] = await exported(id);
    const path = file('bad.jsonl');
    const first = `${JSON.stringify({ custom_id: JSON.parse(good).custom_id, response: {} })}\n`;
    writeFileSync(path, Buffer.concat([first, line, '\n'].map((part) => Buffer.from(part))));
    const { code, stderr } = await samplerHere(['import', path], { MONGODB_URI: own.uri });
    expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
    expect(stderr).toContain('Nothing was written');
    expect(stderr.length).toBeLessThan(1_000);
    expect(await responses(id)).toEqual([]);
  });

  it('takes files packed by gzip, with lines ended by CR and LF and a mark of the byte order, and none that is cut off', async () => {
    const id = await openTask(40);
    const lines = (await exported(id)).map((line) => {
      const { custom_id } = JSON.parse(line);
      return JSON.stringify({ custom_id, response: { status_code: '200', body: JSON.parse(chatBody(custom_id)) } });
    });
    const packed = gzipSync(`\ufeff${lines.join('\r\n')}`);
    const [whole, cut] = [file('whole.jsonl.gz'), file('cut.jsonl.gz')];
    writeFileSync(whole, packed);
    writeFileSync(cut, packed.subarray(0, -20));
    const { code, stderr } = await samplerHere(['import', cut], { MONGODB_URI: own.uri });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/cut\.jsonl\.gz, line \d+: .* cut off or damaged/)]);
    expect(await responses(id)).toEqual([]);
    expect((await here(['import', whole])).json).toMatchObject({ written: 40, done: [String(id)] });
  });

  it.each(['', '\n\n'])('of a file without answers says so (%j)', async (text) => {
    writeFileSync(file('empty.jsonl'), text);
    const { code, stderr } = await samplerHere(['import', file('empty.jsonl')], { MONGODB_URI: own.uri });
    expect([code, stderr]).toEqual([1, expect.stringContaining('the files hold no answers')]);
    const gone = await samplerHere(['import', file('nowhere.jsonl')], { MONGODB_URI: own.uri });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('there is no such file')]);
  });

  it('of several answers to a prompt keeps the first, in one file or in two', async () => {
    const id = await openTask(1);
    const [line = ''] = await exported(id);
    const twice = answersFile([line, line], (at) => JSON.parse(chatBody(`answer ${at}`)));
    expect((await here(['import', twice, twice])).json).toMatchObject({ answers: 4, written: 1, known: 3 });
    // The file is written backwards.
    expect(await responses(id)).toMatchObject([{ response: expect.stringContaining('answer 1') }]);
  });

  it('beside another one of the same file and beside the Requester leaves one response for each prompt', async () => {
    const id = await openTask(1_200);
    const lines = await exported(id);
    const answers = answersFile(lines, (at) => JSON.parse(chatBody(String(at))));
    const marked = lines.slice(0, 600).map((line) => new ObjectId(String(JSON.parse(line).custom_id)));
    const requester = async () => {
      for (const prompt of marked) {
        const asked = await own.db.collection('prompts').findOne({ _id: prompt });
        if (asked === null || asked['done']) continue;
        const response = { ok: true, error_code: 0, response: '{}', prompt_id: prompt, task_id: id };
        await own.db.collection('responses').insertOne({ ...response, instance_id: asked['instance_id'] });
        await own.db.collection('prompts').updateOne({ _id: prompt }, { $set: { done: true } });
      }
    };
    // The Requester's have their answer before the imports begin, some without the mark.
    await requester();
    await own.db.collection('prompts').updateMany({ _id: { $in: marked.slice(300) } }, { $set: { done: false } });
    const read = readFileSync(answers, 'utf8').split('\n').slice(0, -1);
    const again = async function* () {
      for (const [at, line] of read.entries()) yield readAnswer(answers, at + 1, line);
    };
    const both = await Promise.all([importAnswers(own.mongo, again), importAnswers(own.mongo, again)]);
    expect(both.reduce((sum, { written }) => sum + written, 0)).toBe(600);
    expect(both.map(({ written, known }) => written + known)).toEqual([1_200, 1_200]);
    expect(both.flatMap(({ done }) => done)).toEqual([String(id)]);
    const found = await responses(id);
    expect([found.length, new Set(found.map(({ prompt_id }) => String(prompt_id))).size]).toEqual([1_200, 1_200]);
    expect(await own.db.collection('tasks').findOne({ _id: id })).toMatchObject({ done: true });
  });

  it('into what is left of a request that failed is refused: nobody would score it', async () => {
    const id = await openTask(1);
    const answers = answersFile(await exported(id), () => JSON.parse(chatBody('1')));
    await own.db.collection('tasks').deleteOne({ _id: id });
    const { code, stderr } = await samplerHere(['import', answers], { MONGODB_URI: own.uri });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`tasks that are not there: ${id}`)]);
    expect(await responses(id)).toEqual([]);
  });
});

function shape(document: Document): Record<string, string> {
  return Object.fromEntries(Object.entries(document).map(([key, value]) => [key, Object(value).constructor.name]));
}
