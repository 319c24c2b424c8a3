import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Db, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { makeBoxImage } from '../../deploy/box-image.ts';
import { choosePort } from '../../localstack/processes.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { sampler, samplerHere, samplerJson, WHEEL } from './cli.ts';
import { writeDefinitions, writeQuestions } from './own-tasks.ts';

const SUPPLIER = ['--address', 'supplier', '--service', 'service', '--include-path', 'house'];
const sentSchema = z.object({ request_id: z.string() });

let stack: TestStack;
let functions: RunningFunctions | undefined;
let sqs: SQSClient;
let mongo: MongoClient;
let db: Db;
const definitions = writeDefinitions();
const data = writeQuestions();

const run = (...args: string[]) => sampler(args, stack.env);
const here = (...args: string[]) => samplerHere(args, stack.env);
const json = (...args: string[]) => samplerJson(args, stack.env, samplerHere);

beforeAll(async () => {
  stack = await freshStack();
  sqs = createLocalSqs(stack.endpoint);
  mongo = new MongoClient(stack.mongodbUri);
  db = mongo.db();
  functions = await startFunctions({ ...stack.env, SHARD_SIZE: '4' });
});
afterAll(async () => {
  await functions?.stop();
  sqs?.destroy();
  await mongo?.close();
  await stack?.dispose();
});

describe('from nothing to prompts, each step a command', () => {
  it('a folder with a broken definition is refused before anything is uploaded, with file and reason', async () => {
    const broken = writeDefinitions({ 'more/bad.yaml': 'task: [', 'lost.yaml': 'include: nowhere\ntask: lost\n' });
    const { code, stderr } = await here('stage', 'harness', '--wheel', WHEEL, '--include-path', `house=${broken}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^BadTaskDefinition: .*lost\.yaml includes "nowhere", which does not exist; more\/bad\.yaml is no YAML/,
    );
    expect((await here('tasks', 'show', 'gsm8k')).stderr).toMatch(/^HarnessNotStaged: /);
  });

  it('a folder with Python that does not load is refused before anything is uploaded, with task, function and reason', async () => {
    await makeBoxImage(join(import.meta.dirname, '..', '..'), console.error);
    const task = (name: string, more: string) =>
      `include: _template\ntask: house_${name}\nprocess_docs: !function ${name}.process_docs\n${more}`;
    const broken = writeDefinitions({
      'sums/a.yaml': task('lost', ''),
      'sums/lost.py': 'import no_such_library\ndef process_docs(docs):\n    return docs\n',
      'sums/b.yaml': task('empty', 'process_results: !function fine.process_results\n'),
      'sums/empty.py': 'def process_docs(docs):\n    return docs\n',
      'sums/fine.py':
        'import torch, sympy\nfrom lm_eval.utils import eval_logger\ndef process_results(d, r):\n    return {}\n',
    });
    const { code, stderr } = await here('stage', 'harness', '--wheel', WHEEL, '--include-path', `house=${broken}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^BadTaskDefinition: The folder house .*: include\/house\/sums\/lost\.process_docs of task house_lost: ModuleNotFoundError: No module named 'no_such_library'\. Nothing was staged\.$/m,
    );
    expect((await here('tasks', 'show', 'gsm8k')).stderr).toMatch(/^HarnessNotStaged: /);
  });

  it('stage harness takes folders of definitions along, and removes what they hold no more', async () => {
    writeFileSync(join(definitions, 'sums', 'old.yaml'), 'include: _template\ntask: old_sums\n');
    const stage = ['stage', 'harness', '--wheel', WHEEL, '--include-path', `house=${definitions}`];
    expect((await samplerJson(stage, stack.env)).json).toMatchObject({
      version: '0.4.9',
      includes: [{ name: 'house', tasks: 3, files: 4, removed: 0, hidden: [] }],
    });
    rmSync(join(definitions, 'sums', 'old.yaml'));
    expect((await json(...stage)).json).toMatchObject({ includes: [{ tasks: 2, files: 3, removed: 0 }] });
    expect(await here('tasks', 'show', 'old_sums', '--include-path', 'house')).toMatchObject({ code: 4 });
    expect((await json('tasks', 'show', 'house_sums', '--include-path', 'house')).json).toMatchObject({
      supported: true,
    });
  });

  it('tasks ls shows what can be sampled and why the rest cannot', async () => {
    const { json: listed } = await json(
      'tasks',
      'ls',
      'house_*',
      'ruler_vt',
      'drop',
      'mmlu_anatomy',
      '--include-path',
      'house',
    );
    expect(listed).toEqual([
      { task: 'house_strict', output_type: 'generate_until', supported: true, reason: null },
      { task: 'house_sums', output_type: 'generate_until', supported: true, reason: null },
      {
        task: 'ruler_vt',
        output_type: 'generate_until',
        supported: false,
        reason: expect.stringContaining('makes its data set in Python'),
      },
      { task: 'drop', output_type: 'generate_until', supported: true, reason: null },
      { task: 'mmlu_anatomy', output_type: 'multiple_choice', supported: true, reason: null },
    ]);
  });

  it('tasks show shows data set, splits, shots, functions and twin', async () => {
    const show = (task: string) => json('tasks', 'show', task, '--include-path', 'house');
    expect((await show('mmlu_anatomy')).json).toMatchObject({
      supported: true,
      details: {
        dataset_path: 'cais/mmlu',
        dataset_name: 'anatomy',
        asked_split: 'test',
        splits: { test: 'test', fewshot: 'dev' },
        shots: { yaml: null, table: 5, in_effect: 5, from: 'dev', sampler: 'first_n' },
        twin: { task: 'mmlu_anatomy_generative', supported: true },
      },
    });
    expect((await show('winogrande')).json).toMatchObject({
      hooks: {
        sampling: expect.arrayContaining([
          { hook: 'winogrande/preprocess_winogrande.doc_to_text', here: true, runs: 'while prompts are made' },
        ]),
      },
    });
  });

  it('stage datasets uploads a folder', async () => {
    const first = await run('stage', 'datasets', '--from', data);
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 data set: 4 files uploaded, 0 unchanged/),
    });
    expect((await json('stage', 'datasets', '--from', data)).json).toMatchObject({ uploaded: 0, unchanged: 4 });
  });

  it('register --wait waits for the tables', async () => {
    const { code, json: ended } = await json('register', 'house_*', '--include-path', 'house', '--wait');
    expect(ended).toMatchObject({ tasks: ['house_strict', 'house_sums'].map((task) => ({ task, state: 'done' })) });
    expect(code).toBe(0);
  });

  it.each(['/v1/chat/completions', '/v1/completions'])(
    'sample --wait on %s writes the very prompts that preview shows, also those of later shards',
    async (path) => {
      const settings = [
        '--doc-ids',
        '12-20,40,41',
        '--path',
        path,
        '--num-fewshot',
        '3',
        '--gen-kwargs',
        'temperature=0.5',
      ];
      const sent = await samplerJson(['sample', 'house_sums', ...SUPPLIER, ...settings, '--wait'], stack.env);
      expect(sent).toMatchObject({ code: 0, json: { tasks: [{ state: 'done', shards: { written: 3, total: 3 } }] } });
      const { request_id } = sentSchema.parse(sent.json);
      const record = await db.collection('sample_requests').findOne({ request_id });
      const instances = await db.collection('instances').find({ task_id: record?._id }).sort({ doc_id: 1 }).toArray();
      const prompts = await db.collection('prompts').find({ task_id: record?._id }).toArray();
      const dataOf = new Map(prompts.map((prompt) => [String(prompt['instance_id']), prompt]));
      const written = instances.map(({ _id, doc_id, idx }) => {
        const prompt = dataOf.get(String(_id));
        return { doc_id, idx, data: prompt?.['data'], ctxlen: prompt?.['ctxlen'] };
      });
      expect(written).toHaveLength(11);
      const seen = await json('preview', 'house_sums', '--include-path', 'house', ...settings);
      const shown = z.array(z.object({ doc_id: z.number(), idx: z.number(), data: z.string(), ctxlen: z.number() }));
      expect(shown.parse(seen.json)).toEqual(written);
    },
  );

  it('preview gives the same from a folder and the wheel as from the bucket and its catalogue', async () => {
    const settings = ['--qty', '4', '--seed', '7', '--blacklist', '13'];
    const staged = await json('preview', 'house_sums', '--include-path', 'house', ...settings);
    const own = ['--wheel', WHEEL, '--include-path', `house=${definitions}`, '--from', data];
    const local = await json('preview', 'house_sums', ...own, ...settings);
    expect(staged.json).toHaveLength(4);
    expect(local.json).toEqual(staged.json);
  });

  it('requests ls and show say how it stands, by plan and by message', async () => {
    const listed = await json('requests', 'ls', '--task', 'house_sums', '--state', 'done', '--limit', '1');
    const [newest] = z.array(z.looseObject({ id: z.string(), request_id: z.string() })).parse(listed.json);
    expect(newest).toMatchObject({ state: 'done', address: 'supplier', shards: { written: 3, total: 3 }, error: null });
    for (const id of [newest?.id ?? '', newest?.request_id ?? '']) {
      const { json: shown } = await json('requests', 'show', id);
      expect(shown).toEqual([
        expect.objectContaining({ id: newest?.id, documents: 11, attempt: 1, lease_until: null }),
      ]);
    }
    expect((await here('requests', 'ls')).stdout).toMatch(/^ID +STATE +TASK/);
    expect(await here('requests', 'show', 'nobody')).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^NotFound: /),
    });
  });
});

describe('signatures', () => {
  const request = (tasks: string) =>
    JSON.stringify({ framework: 'signatures', tasks, requester_args: { address: 'a', service: 's' }, qty: 1 });
  const send = (tasks: string) => sampler(['sample', '--message', '-', '--wait', '--json'], stack.env, request(tasks));

  it('are asked for by a whole message and waited for; a name that is none is reported before anything is sent', async () => {
    const sent = await send('tokenizer, config');
    expect(sent.code).toBe(0);
    expect(JSON.parse(sent.stdout)).toMatchObject({
      tasks: [
        { task: 'tokenizer', state: 'done' },
        { task: 'config', state: 'done' },
      ],
    });
    expect(await send('gsm8k')).toMatchObject({ code: 4, stderr: expect.stringMatching(/^UnknownTask: .*"gsm8k"/) });
  });

  it('are not scored: evaluate ends the wait with code 3 and the reason, not when the time is over', async () => {
    const task = await db.collection('tasks').findOneAndUpdate({ tasks: 'config' }, { $set: { done: true } });
    const prompt = await db.collection('prompts').findOne({ task_id: new ObjectId(String(task?._id)) });
    const ended = await here('evaluate', String(prompt?._id), '--wait');
    expect(ended).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(new RegExp(`^${task?._id} is not scored: UnsupportedTask: `)),
    });
  });

  it('evaluate tells of a task that is not there with code 4', async () => {
    for (const id of ['f'.repeat(24), 'nobody']) {
      const ended = await here('evaluate', id, '--wait');
      expect(ended).toMatchObject({ code: 4, stderr: expect.stringMatching(`^NotFound: no task ${id}`) });
    }
  });

  it('evaluate and results show ask which where an id leads to several tasks', async () => {
    const ids = await db.collection('tasks').distinct('_id', { framework: 'signatures' });
    const record = await db.collection('sample_requests').findOne({ task: 'tokenizer' });
    for (const command of [['evaluate'], ['results', 'show']]) {
      const ended = await here(...command, String(record?.['request_id']));
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Usage: .* stands for 2 tasks; /) });
      for (const id of ids) expect(ended.stderr).toContain(String(id));
    }
  });
});

describe('a request that fails', () => {
  it('ends the wait with code 3 and the reason: refused by its message, or by a document', async () => {
    const many = await here('sample', 'house_sums', ...SUPPLIER, '--qty', '31', '--wait');
    expect(many).toMatchObject({ code: 3, stderr: expect.stringMatching(/^house_sums: TooFewDocuments: .*31/m) });
    const strict = await json('sample', 'house_strict', ...SUPPLIER, '--qty', '-1', '--wait');
    expect(strict.code).toBe(3);
    expect(strict.json).toMatchObject({ tasks: [{ state: 'failed', error: { code: 'TemplateFailed' } }] });
    const missing = await here('register', 'gsm8k', '--wait');
    expect(missing).toMatchObject({ code: 3, stderr: expect.stringMatching(/^gsm8k: DatasetMissing: /m) });
  });

  it('lies in the dead-letter queue: ls and show leave it there, redrive sends it back as the request it was', async () => {
    const letterSchema = z.array(
      z.object({ queue: z.string(), request_id: z.string(), message_id: z.string(), code: z.string().nullable() }),
    );
    const list = async (...queue: string[]) => letterSchema.parse((await json('dlq', 'ls', ...queue)).json);
    const letters = await list();
    expect(letters.map(({ queue, code }) => [queue, code])).toEqual(
      expect.arrayContaining([
        ['register', 'DatasetMissing'],
        ['sample', 'TooFewDocuments'],
        ['shard', 'TemplateFailed'],
      ]),
    );
    expect(await list('shard')).toEqual(letters.filter(({ queue }) => queue === 'shard'));
    const refused = letters.find(({ code }) => code === 'TooFewDocuments');
    const { json: shown } = await json('dlq', 'show', refused?.request_id ?? '');
    expect(shown).toMatchObject([
      { body: expect.stringContaining('"qty":31'), attributes: { 'error-code': 'TooFewDocuments' } },
    ]);
    const redriven = await here('dlq', 'redrive', 'sample', '--id', refused?.request_id ?? '');
    expect(redriven).toMatchObject({ code: 0, stdout: '1 message sent back\n' });
    // It fails again, under its own id, and comes back as another message.
    await expect
      .poll(
        async () => (await list('sample')).find(({ request_id }) => request_id === refused?.request_id)?.message_id,
        {
          timeout: 30_000,
        },
      )
      .not.toSatisfy((id: unknown) => id === undefined || id === refused?.message_id);
    expect(await list('sample')).toHaveLength(letters.filter(({ queue }) => queue === 'sample').length);
    expect(await here('dlq', 'redrive', 'sample', '--id', 'nobody')).toMatchObject({ code: 4 });
  });
});

describe('what an operator looks at', () => {
  it('finds a task for results show by every id that leads to it', async () => {
    const prompt = await db.collection('prompts').findOne({});
    const record = await db.collection('sample_requests').findOne({ _id: new ObjectId(String(prompt?.['task_id'])) });
    for (const id of [record?._id, record?.['request_id'], prompt?._id, prompt?.['instance_id']]) {
      const shown = await here('results', 'show', String(id));
      expect(shown).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(`^NotFound: ${record?._id} still waits for answers`),
      });
    }
  });

  it('finds a request by every id that a command prints: of the plan, the message, a prompt, a shard in the dead-letter queue', async () => {
    const letters = z.array(z.looseObject({ queue: z.string(), message_id: z.string(), request_id: z.string() }));
    const [shard] = letters.parse((await json('dlq', 'ls', 'shard')).json);
    const shown = z.array(z.looseObject({ id: z.string(), request_id: z.string(), state: z.string() }));
    const byShard = shown.parse((await json('requests', 'show', shard?.message_id ?? '')).json);
    expect(byShard).toMatchObject([{ request_id: shard?.request_id, task: 'house_strict' }]);
    const refused = letters.parse((await json('dlq', 'ls', 'sample')).json)[0];
    const listed = shown.parse((await json('requests', 'ls', '--state', 'rejected', '--limit', '100')).json);
    const record = listed.find(({ request_id }) => request_id === refused?.request_id);
    expect(letters.parse((await json('dlq', 'show', record?.id ?? '')).json)).toMatchObject([
      { message_id: refused?.message_id },
    ]);
    for (const id of [shard?.request_id, shard?.message_id, byShard[0]?.id]) {
      expect(letters.parse((await json('dlq', 'show', id ?? '')).json)).toMatchObject([
        { message_id: shard?.message_id },
      ]);
    }
    const done = await db.collection('prompts').findOne({});
    const asked = z.array(
      z.looseObject({ id: z.string(), prompts: z.array(z.looseObject({ id: z.string(), data: z.string() })) }),
    );
    const [request] = asked.parse(
      (await json('requests', 'show', String(done?._id), '--prompts', '--limit', '3')).json,
    );
    expect(request).toMatchObject({ id: String(done?.['task_id']) });
    expect(request?.prompts).toHaveLength(3);
    await db.collection('evaluations').insertOne({
      _id: new ObjectId(request?.id),
      kind: 'task',
      state: 'failed',
      error: { code: 'SandboxFailed', message: 'raised' },
      updated_at: new Date(),
    });
    const { stdout } = await here('requests', 'show', request?.id ?? '');
    expect(stdout).toMatch(/^evaluation: +failed: SandboxFailed: raised$/m);
    const first = await db.collection('prompts').findOne({ data: request?.prompts[0]?.data });
    expect(String(first?.['task_id'])).toBe(request?.id);
  });

  it('gives each task that could not be registered its own reason, and totals', async () => {
    const ended = await here('register', 'gsm8k', 'arc_easy', 'house_sums', '--include-path', 'house', '--wait');
    expect(ended.code).toBe(3);
    expect(ended.stdout).toMatch(/: 1 of 3 tasks are registered \(DatasetMissing 2\)/);
    const own = ended.stderr.split('\n').filter((line) => /^(gsm8k|arc_easy): /.test(line));
    expect(own).toEqual([
      expect.stringMatching(/^gsm8k: DatasetMissing: the data set gsm8k .*stage datasets gsm8k/),
      expect.stringMatching(/^arc_easy: DatasetMissing: the data set allenai\/ai2_arc .*stage datasets arc_easy/),
    ]);
    expect(own.filter((line) => line.includes('gsm8k'))).toHaveLength(1);
  });

  it('dlq ls --limit counts over all queues, and dlq rm removes what is named and nothing else', async () => {
    const ids = async () =>
      z
        .array(z.looseObject({ message_id: z.string() }))
        .parse((await json('dlq', 'ls')).json)
        .map(({ message_id }) => message_id);
    const before = await ids();
    expect(before.length).toBeGreaterThan(2);
    expect((await json('dlq', 'ls', '--limit', '2')).json).toHaveLength(2);
    // The newest, which is the register message of above: what comes after this counts on the others.
    const [one = '', rest] = [before.at(-1), before.slice(0, -1)];
    expect(await here('dlq', 'rm', '--id', one)).toMatchObject({ code: 0, stdout: '1 message removed\n' });
    expect(await ids()).toEqual(rest);
    expect(await here('dlq', 'rm', '--id', one)).toMatchObject({ code: 4 });
  });

  it('stage ls lists what is staged, and stage rm removes it, all or nothing', async () => {
    const names = async () =>
      z.array(z.looseObject({ name: z.string(), files: z.number() })).parse((await json('stage', 'ls')).json);
    expect(await names()).toMatchObject([{ name: 'datasets/house/sums/default', files: 4 }, { name: 'include/house' }]);
    expect(await here('stage', 'rm', 'include/house', 'include/other')).toMatchObject({ code: 4 });
    expect(await names()).toHaveLength(2);
    await here('stage', 'harness', '--wheel', WHEEL, '--include-path', `other=${definitions}`);
    expect(await here('stage', 'rm', 'include/other')).toMatchObject({
      code: 0,
      stdout: 'removed include/other: 1 file\n',
    });
    expect((await names()).map(({ name }) => name)).toEqual(['datasets/house/sums/default', 'include/house']);
  });

  it('doctor says what is there; code 3 and what to type where something is missing', async () => {
    const checks = z.looseObject({
      healthy: z.boolean(),
      checks: z.array(z.looseObject({ name: z.string(), state: z.string() })),
    });
    // Any server will do for a hub that answers.
    const doctor = await samplerJson(['doctor'], { ...stack.env, HF_ENDPOINT: stack.endpoint }, samplerHere);
    const well = checks.parse(doctor.json);
    expect(well.checks.filter(({ state }) => state === 'missing')).toEqual([]);
    expect(well.checks).toContainEqual(expect.objectContaining({ name: 'hub', state: 'ok' }));
    for (const name of ['Postgres', 'MongoDB', 'harness', 'data sets', 'includes', 'queue shard'])
      expect(well.checks.map((check) => check.name)).toContain(name);
    const nobody = `127.0.0.1:${await choosePort()}`;
    const away = {
      ...stack.env,
      POSTGRES_URI: `postgresql://a:secret@${nobody}/none`,
      HF_ENDPOINT: `http://${nobody}`,
    };
    const ill = await samplerHere(['doctor'], away);
    expect(ill).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/✗ Postgres +does not answer.*\n +→ correct POSTGRES_URI/),
    });
    expect(ill.stdout).toMatch(
      /! hub +http:.* does not answer, which only staging needs: .*ECONNREFUSED.*\n +→ .*--from DIR/,
    );
    expect(ill.stdout).not.toContain('secret');
  });
});

describe('without functions', () => {
  beforeAll(async () => {
    await functions?.stop();
    functions = undefined;
  });

  it('sample and register put the message on the queue as it will be read', async () => {
    const message = { framework: 'lmeh', tasks: 'house_sums', requester_args: { address: 'a', service: 's' }, qty: 2 };
    const own = await sampler(['sample', '--message', '-', '--json'], stack.env, `${JSON.stringify(message)}\n`);
    expect(await takeSent('SAMPLE')).toEqual({
      id: sentSchema.parse(JSON.parse(own.stdout)).request_id,
      body: message,
    });
    const options = [
      '--qty',
      '5',
      '--seed',
      '7',
      '--blacklist',
      '12,14-15',
      '--llm-args',
      '{"b":1.0,"a":[2]}',
      '--header',
      'X-Key=v=w',
    ];
    await here('sample', 'house_sums', 'gsm8k', ...SUPPLIER, ...options, '--system-instruction', 'Überlege.');
    expect((await takeSent('SAMPLE'))?.body).toEqual({
      framework: 'lmeh',
      tasks: 'house_sums,gsm8k',
      include_path: 'house',
      requester_args: { address: 'supplier', service: 'service', headers: { 'X-Key': 'v=w' } },
      blacklist: [12, 14, 15],
      qty: 5,
      llm_args: { b: 1, a: [2] },
      system_instruction: 'Überlege.',
      seed: 7,
    });
    await here('register', 'a', 'b*');
    expect((await takeSent('REGISTER'))?.body).toEqual({ framework: 'lmeh', tasks: 'a,b*' });
  });

  it('a wait that cannot continue has named the request that was sent', async () => {
    const away = { ...stack.env, MONGODB_URI: 'mongodb://127.0.0.1:9/away?serverSelectionTimeoutMS=100' };
    const ended = await samplerHere(['sample', 'house_sums', ...SUPPLIER, '--qty', '1', '--wait'], away);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    const sent = await takeSent('SAMPLE');
    expect(ended.stderr).toMatch(new RegExp(`^sent: ${sent?.id}\nUnavailable: `));
  });

  it('a wait ends when its time is over, with code 3', async () => {
    const ended = await here('sample', 'house_sums', ...SUPPLIER, '--qty', '1', '--wait', '--timeout', '1');
    expect(ended).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^house_sums: still waiting when the time was over/m),
    });
    await takeSent('SAMPLE');
  });

  it('a wait ends when the queue is empty and nothing was recorded: the message was dropped', async () => {
    const waiting = json('sample', 'house_sums', ...SUPPLIER, '--qty', '1', '--wait');
    await expect.poll(() => takeSent('SAMPLE'), { timeout: 30_000 }).toBeDefined();
    expect(await waiting).toMatchObject({ code: 3, json: { tasks: [{ task: 'house_sums', state: 'gone' }] } });
  });

  it('redrive --all names the requests that SQS itself had moved there, and keeps the attributes of the others', async () => {
    const queue = required(stack.env, 'REGISTER_QUEUE_URL');
    await here('dlq', 'redrive', 'register', '--all');
    expect((await takeSent('REGISTER'))?.attributes).toMatchObject({ 'error-code': 'DatasetMissing' });
    const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl: `${queue}-dlq`, MessageBody: 'by SQS' }));
    const { json: sent } = await json('dlq', 'redrive', 'register', '--all');
    expect(sent).toEqual([{ queue: 'register', message_id: MessageId, request_id: MessageId }]);
    expect(await takeSent('REGISTER')).toMatchObject({
      attributes: { 'request-id': MessageId, 'error-code': 'Redriven' },
    });
    expect((await json('dlq', 'ls', 'register')).json).toEqual([]);
  });
});

async function takeSent(queue: 'SAMPLE' | 'REGISTER') {
  const QueueUrl = required(stack.env, `${queue}_QUEUE_URL`);
  const { Messages: [message] = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 1 }),
  );
  if (!message) return undefined;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue }]) => [
    name,
    StringValue,
  ]);
  const body: unknown = message.Body?.startsWith('{') ? JSON.parse(message.Body) : message.Body;
  return {
    id: message.MessageId,
    body,
    ...(attributes.length > 0 ? { attributes: Object.fromEntries(attributes) } : {}),
  };
}
