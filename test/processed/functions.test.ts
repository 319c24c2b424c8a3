import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { Logger } from '../../lib/log/log.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { shardMessages } from '../../lib/plan/shards.ts';
import { previewTask } from '../../lib/preview/preview.ts';
import { FunctionRuns } from '../../lib/preview/processed-table.ts';
import { validateTask } from '../../lib/preview/validate.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { registerTasks } from '../../lib/register/register.ts';
import { sampleRequest } from '../../lib/sample/sample.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { renderShard } from '../../lib/shard/shard.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { catalogueOf } from '../catalogue/roots.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';
import { testSandbox } from '../helpers/sandbox.ts';
import { DEFINITIONS, MODULES } from './own-functions.ts';

const log = new Logger('error');
let stack: DataStack;
let mongo: MongoClient;
let boxes: SandboxTransport & Disposable;
let sqs: ReturnType<typeof createLocalSqs>;
let asked = 0;
/** Boxes asked for, which show whether functions were run. */
let sent = 0;
const sandbox: SandboxTransport = {
  send(event) {
    sent++;
    return boxes.send({ ...event, documentMs: Math.min(event.documentMs, 4_000) });
  },
  end: (session) => boxes.end(session),
};

/** Rows from `first` on: `q` a text, `n` a number. */
function numbers(first: number, count: number): Uint8Array {
  const all = Array.from({ length: count }, (_, i) => first + i);
  return parquet([
    { name: 'q', data: all.map((n) => `question ${n} é`), type: 'STRING' },
    { name: 'n', data: all.map(BigInt), type: 'INT64' },
  ]);
}

function catalogueWith(modules: Record<string, string>): Catalogue {
  const sources = new Map(Object.entries(modules).map(([path, text]) => [`lm_eval/tasks/${path}`, text]));
  return { ...catalogueOf(DEFINITIONS), sources: async () => sources };
}
const catalogue = catalogueWith(MODULES);

const register = (tasks: string, from: Catalogue = catalogue) =>
  registerTasks({ sql: stack.sql, source: stack.source, catalogue: from, sandbox, log }, tasks);

function message(task: string, more: Record<string, unknown> = {}) {
  const body = {
    framework: 'lmeh',
    tasks: task,
    requester_args: { address: `supplier ${asked++}`, service: 'own', method: 'POST', path: '/v1/completions' },
    llm_args: { model: 'm' },
    num_fewshot: 0,
    qty: -1,
    ...more,
  };
  return parseMessage('sample', sampleMessage, JSON.stringify(body));
}

/** Plans a request; what is planned is rendered by the function given back, which gives the instances in order. */
async function plan(task: string, more: Record<string, unknown> = {}) {
  const db = mongo.db();
  await ensureIndexes(db);
  const ledger = new Ledger(db, 60_000);
  const shardQueue = new Queue(sqs, stack.shardQueueUrl);
  const requestId = `request ${asked}`;
  const services = { sql: stack.sql, catalogue: async () => catalogue, ledger, shardQueue, shardSize: 4 };
  await sampleRequest(services, message(task, more), { requestId, redriven: false, seed: 1n, bytes: 1_000, log });
  return async () => {
    const [record] = await db.collection('sample_requests').find({ request_id: requestId }).toArray();
    if (record === undefined) throw new Error('nothing was planned');
    const found = await ledger.find(record['_id']);
    if (!found) throw new Error('nothing was planned');
    for (const shard of shardMessages(
      found._id.toHexString(),
      String(record['doc_ids']),
      Number(record['shard_size']),
    )) {
      await renderShard({ sql: stack.sql, mongo, db, ledger, shardQueue, timeouts: undefined }, shard, {
        redriven: false,
        log,
      });
    }
    return await db.collection('instances').find({ task_id: record['_id'] }).sort({ doc_id: 1, idx: 1 }).toArray();
  };
}
const sample = async (task: string, more: Record<string, unknown> = {}) => await (await plan(task, more))();

beforeAll(async () => {
  stack = await openDataStack();
  mongo = new MongoClient(stack.mongodbUri);
  sqs = createLocalSqs(stack.endpoint);
  boxes = await testSandbox();
  await stack.putDataset('own/numbers/default', { train: [numbers(0, 6)], test: [numbers(100, 10)] });
});
afterAll(async () => {
  boxes?.[Symbol.dispose]();
  sqs?.destroy();
  await mongo?.close();
  await stack?.dispose();
});

/** Of the training split, which comes first. */
const EXAMPLE_ORDERS = ['cQbd', 'Qbdc', 'Qcbd', 'bQdc', 'cQdb', 'dbcQ'];
const ORDERS = ['cQdb', 'dbcQ', 'bQcd', 'Qdbc', 'Qdcb', 'Qbcd', 'bdcQ', 'dbcQ', 'dbcQ', 'dbQc'];

const textOf = (instance: Record<string, unknown> | undefined) => {
  const given: unknown = instance?.['arguments'];
  return Array.isArray(given) ? String(given[0]) : '';
};
const idsOf = (instances: readonly Record<string, unknown>[]) =>
  instances.map((instance) => Number(instance['doc_id']));
const docOf = (instance: Record<string, unknown> | undefined) => JSON.parse(JSON.stringify(instance?.['doc'] ?? null));

describe('a task whose functions make other documents of its rows', () => {
  test('that only filters keeps the ids of its rows, and stores nothing but ids', async () => {
    await register('own_filter');
    const instances = await sample('own_filter');
    // 100 % 3 is 1: the rows 6, 9, 12 and 15 of the table, of which training has the first six.
    expect(idsOf(instances)).toEqual([7, 8, 10, 11, 13, 14]);
    expect(docOf(instances[0])).toEqual({ __id: 7, q: 'question 101 é', n: 101 });
    expect(textOf(instances[5])).toBe('question 108 é');
    const [kept] = await stack.sql`
      SELECT count(*)::int AS rows, count(doc)::int AS docs FROM sampler_processed_docs
      JOIN sampler_processed_tasks USING (key) WHERE task_name = 'own_filter'`;
    expect(kept).toEqual({ rows: 10, docs: 0 });
  });

  test('ids, quantities and blacklists mean the documents that are left', async () => {
    await register('own_filter');
    expect(idsOf(await sample('own_filter', { doc_ids: [14, 8], qty: 0 }))).toEqual([8, 14]);
    await expect(sample('own_filter', { doc_ids: [8, 9], qty: 0 })).rejects.toMatchObject({
      code: 'DocIdsOutsideSplit',
    });
    expect(idsOf(await sample('own_filter', { qty: 4, blacklist: [7, 9, 13] }))).toEqual([8, 10, 11, 14]);
    await expect(sample('own_filter', { qty: 5, blacklist: [7, 9, 13] })).rejects.toMatchObject({
      code: 'TooFewDocuments',
    });
  });

  test('worked examples are drawn from the documents that are left of their split', async () => {
    await register('own_filter');
    const [first] = await sample('own_filter', { num_fewshot: 4, doc_ids: [7], qty: 0 });
    const shown = [...textOf(first).matchAll(/question (\d+) é (\d+)/g)].map(([, n]) => Number(n)).sort();
    expect(shown).toEqual([0, 2, 3, 5]);
  });

  test('that multiplies them numbers the documents by position', async () => {
    await register('own_multiply');
    const instances = await sample('own_multiply');
    expect(idsOf(instances)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(instances.map(textOf).slice(0, 4)).toEqual([
      'question 100 é #0',
      'question 101 é #0',
      'question 101 é #1',
      'question 103 é #0',
    ]);
    expect(docOf(instances[2])).toEqual({ __id: 2, asked: 'question 101 é #1', n: 101 });
  });

  test('that overwrites a column shows the new one, in the order of the columns', async () => {
    await register('own_overwrite');
    const [first] = await sample('own_overwrite', { num_fewshot: 1, doc_ids: [6], qty: 0 });
    const doc = docOf(first);
    expect([Object.keys(doc), doc]).toEqual([
      ['__id', 'q', 'n', 'twice'],
      { __id: 6, q: 'QUESTION 100 É!', n: 100, twice: 200 },
    ]);
    expect(textOf(first)).toMatch(/^QUESTION (\d) É! \d+\.0\n\nQUESTION 100 É!$/);
  });

  test('that shuffles draws as Python does: seeded once, the split of the examples first', async () => {
    await register('own_chance');
    const orders = (instances: readonly Record<string, unknown>[]) =>
      instances.map((instance) =>
        docOf(instance)
          .order.map((text: string) => text.replace(/^q.*/, 'Q'))
          .join(''),
      );
    // What random.seed(0) and sixteen times random.shuffle(['Q', 'b', 'c', 'd']) give in CPython.
    expect(orders(await sample('own_chance'))).toEqual(ORDERS);
    const [first] = await sample('own_chance', { num_fewshot: 5, doc_ids: [6], qty: 0 });
    const shown = [...textOf(first).matchAll(/'question (\d)\b/g)].map(([, n]) => Number(n));
    for (const n of shown) expect(textOf(first)).toContain(`${listOf(n)} ${EXAMPLE_ORDERS[n]?.indexOf('Q')}`);
    expect(shown).toHaveLength(5);
  });
});

/** The list that a worked example shows. */
function listOf(n: number): string {
  const items = [...(EXAMPLE_ORDERS[n] ?? '')].map((letter) => `'${letter === 'Q' ? `question ${n} é` : letter}'`);
  return `[${items.join(', ')}]`;
}

describe('a task whose fields are functions', () => {
  test('asks what they give, and fails for a document for which they raise', async () => {
    await register('own_fields');
    const instances = await sample('own_fields', { doc_ids: [6, 7], qty: 0 });
    expect(instances.map((instance) => instance['arguments'])).toEqual([
      ['<question 100 é>\u2028', ' question 100 é'],
      ['<question 100 é>\u2028', ' other'],
      ['<question 101 é>\u2028', ' question 101 é'],
      ['<question 101 é>\u2028', ' other'],
    ]);
    const [shown] = await sample('own_fields', { num_fewshot: 1, doc_ids: [7], qty: 0 });
    const [, n] = /^shown question (\d) é /.exec(textOf(shown)) ?? [];
    expect(textOf(shown)).toBe(
      `shown question ${n} é ${Number(n) % 2 === 0 ? `question ${n} é` : 'other'}\n\n<question 101 é>\u2028`,
    );
  });

  test('that change the document they are given: an instance shows it as they left it, templates see it as it was', async () => {
    await register('own_changes');
    const [first, second] = await sample('own_changes', { doc_ids: [6], qty: 0 });
    expect([first, second].map((instance) => instance?.['arguments'])).toEqual([
      ['question 100 é', ' question 100 é'],
      ['question 100 é', ' other'],
    ]);
    for (const instance of [first, second]) {
      const doc = docOf(instance);
      expect([Object.keys(doc), doc]).toEqual([
        ['__id', 'n', 'seen'],
        { __id: 6, n: [100, [1, 2]], seen: 'question 100 é' },
      ]);
    }
  });

  test('a document for which one raises is named, with the function', async () => {
    const body = `${MODULES['fields/utils.py']}`.replace('== 4', '== 102');
    await register('own_fields', catalogueWith({ ...MODULES, 'fields/utils.py': body }));
    await expect(sample('own_fields', { doc_ids: [8], qty: 0 })).rejects.toThrow(
      /own_fields, document 8: doc_to_text: the function fields\/utils\.text raised KeyError/,
    );
    await register('own_fields');
  });
});

describe('what functions make', () => {
  test('is made once for a version of the data, the texts and the runtime', async () => {
    await register('own_overwrite');
    const before = sent;
    await register('own_overwrite');
    expect(sent).toBe(before);
    const other = { ...MODULES, 'overwrite/utils.py': `${MODULES['overwrite/utils.py']}\n# another text\n` };
    await register('own_overwrite', catalogueWith(other));
    expect(sent).toBeGreaterThan(before);
  });

  test('stays what it was for a request that was planned before another version took its place', async () => {
    await register('own_overwrite');
    const render = await plan('own_overwrite', { doc_ids: [6], qty: 0 });
    const other = { ...MODULES, 'overwrite/utils.py': `${MODULES['overwrite/utils.py']}`.replace('"!"', '"?"') };
    await register('own_overwrite', catalogueWith(other));
    expect(textOf((await render())[0])).toBe('QUESTION 100 É!');
    expect(textOf((await sample('own_overwrite', { doc_ids: [6], qty: 0 }))[0])).toBe('QUESTION 100 É?');
    await register('own_overwrite');
  });

  test('is not that of a register which another one overtook with later texts: it is tried again, and sees those', async () => {
    const marked = (mark: string) =>
      catalogueWith({
        ...MODULES,
        'overwrite/utils.py': `${MODULES['overwrite/utils.py']}`.replace('"!"', `"${mark}"`),
      });
    const [begun, overtaken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: SandboxTransport = {
      async send(event) {
        begun.resolve();
        await overtaken.promise;
        return sandbox.send(event);
      },
      end: sandbox.end,
    };
    const services = { sql: stack.sql, source: stack.source, catalogue: marked('earlier'), sandbox: slow, log };
    const late = registerTasks(services, 'own_overwrite');
    await begun.promise;
    await register('own_overwrite', marked('later'));
    overtaken.resolve();
    await expect(late).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
    expect(textOf((await sample('own_overwrite', { doc_ids: [6], qty: 0 }))[0])).toBe('QUESTION 100 Élater');
    await register('own_overwrite');
  });

  test('stays readable for such a request when the data set is replaced, and is made anew of the new one', async () => {
    await stack.putDataset('own/numbers/default', { train: [numbers(0, 6)], test: [numbers(100, 10)] });
    await register('own_filter');
    const render = await plan('own_filter');
    await stack.putDataset('own/numbers/default', { train: [numbers(0, 6)], test: [numbers(200, 5)] });
    await register('own_multiply');
    // The table is another one by now; this task's documents are still those of the one before.
    expect(idsOf(await sample('own_filter'))).toEqual([7, 8, 10, 11, 13, 14]);
    await register('own_filter');
    expect((await render()).map(textOf)).toHaveLength(6);
    expect((await sample('own_filter')).map(textOf)).toEqual([200, 201, 203, 204].map((n) => `question ${n} é`));
    await stack.putDataset('own/numbers/default', { train: [numbers(0, 6)], test: [numbers(100, 10)] });
    await register('own_filter,own_multiply,own_overwrite,own_fields,own_chance');
  });

  test('a task that was never registered is said to be missing', async () => {
    await stack.sql`DELETE FROM sampler_processed_tasks WHERE task_name = 'own_chance'`;
    await expect(sample('own_chance')).rejects.toMatchObject({ code: 'NotRegistered', permanent: false });
    await register('own_chance');
  });

  test.each(['own_filter', 'own_multiply', 'own_overwrite', 'own_chance'])(
    'of %s is the same in a preview without a database',
    async (task) => {
      await register(task);
      const entry = await catalogue.find(task);
      if (entry === null) throw new Error('no such task');
      const services = { catalogue, source: stack.source, sandbox: async () => sandbox };
      const asked = message(task, { num_fewshot: 2 });
      const { instances } = await previewTask(services, asked, entry, 1n);
      const stored = await sample(task, { num_fewshot: 2 });
      expect(instances.map(({ docId, arguments: [text] }) => [docId, text])).toEqual(
        stored.map((instance) => [instance['doc_id'], textOf(instance)]),
      );
      const failures: unknown[] = [];
      const verdict = await validateTask(services, asked, entry, { onFailure: (failure) => failures.push(failure) });
      expect([failures, verdict.documents, verdict.prompts]).toEqual([[], stored.length, stored.length]);
    },
  );
});

describe('a task whose examples come from a split that its data set lacks', () => {
  test('is refused alike by register, preview and validate, with examples wanted or not', async () => {
    const task = 'own_exampleless';
    const entry = await catalogue.find(task);
    if (entry === null) throw new Error(`no task ${task}`);
    const services = { catalogue, source: stack.source, sandbox: async () => sandbox };
    const said = /without the split dev, which the task own_exampleless takes its few-shot examples from/;
    await expect(register(task)).rejects.toThrow(said);
    for (const shots of [0, 2]) {
      const asked = message(task, { num_fewshot: shots });
      await expect(previewTask(services, asked, entry, 1n)).rejects.toThrow(said);
      await expect(validateTask(services, asked, entry, { onFailure: () => {} })).rejects.toThrow(said);
    }
  });
});

describe('a function that can never succeed', () => {
  test.each([
    [
      'own_raises',
      /own_raises, function raises\/utils\.process_docs, split test, document 9: .* raised ZeroDivisionError/,
    ],
    ['own_hangs', /own_hangs, function hangs\/utils\.process_docs: .* took longer/],
    ['own_eats', /own_eats, function eats\/utils\.process_docs, document \d+: .*memory/],
  ])('%s ends its registration for good, naming task, function and document', async (task, words) => {
    const refused = register(task);
    await expect(refused).rejects.toMatchObject({ code: 'SandboxFailed', permanent: true });
    await expect(refused).rejects.toThrow(words);
  });

  test('is run once for all paths that are validated, and so is one that succeeds', async () => {
    const runs = new FunctionRuns();
    const services = { catalogue, source: stack.source, sandbox: async () => sandbox, runs };
    const verdicts = async (task: string) => {
      const entry = await catalogue.find(task);
      if (entry === null) throw new Error('no such task');
      const before = sent;
      const found: unknown[] = [];
      for (const path of ['/v1/completions', '/v1/chat/completions']) {
        const asked = { requester_args: { address: 'a', service: 's', method: 'POST', path } };
        found.push(await validateTask(services, message(task, asked), entry, { onFailure: () => {} }).catch(String));
      }
      return { found, ran: sent - before };
    };
    const hanging = await verdicts('own_hangs');
    expect(hanging.ran).toBe(1);
    const said = expect.stringContaining(
      'own_hangs, function hangs/utils.process_docs: the Python code took longer than',
    );
    expect(hanging.found).toEqual([said, said]);
    const fine = await verdicts('own_overwrite');
    expect(fine).toMatchObject({
      ran: 1,
      found: [
        { documents: 10, failed: 0 },
        { documents: 10, failed: 0 },
      ],
    });
  });
});
