import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, type Document, MongoClient } from 'mongodb';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { stageDatasets } from '../../lib/datasets/stage.ts';
import { Logger } from '../../lib/log/log.ts';
import { dumps } from '../../lib/python/json.ts';
import type { PyDict, PyValue } from '../../lib/python/value.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { startFunctions } from '../helpers/functions.ts';
import { stageTheHarness } from '../helpers/harness.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { benchClient, comparable } from './bench-client.ts';
import { bsonText, bsonType } from './bson-text.ts';
import {
  type GoldenCase,
  goldenAvailable,
  goldenCases,
  goldenDocuments,
  loglikelihoodGoldens,
  SHARED,
} from './golden.ts';

const PREPARE_MS = 180_000;
const cases = goldenCases();
const scored = loglikelihoodGoldens();

describe.skipIf(!goldenAvailable)(
  'documents equal the expected ones, byte for byte (skipped where ../shared is missing)',
  () => {
    let stack: TestStack;
    let mongo: MongoClient;
    let db: Db;
    let sql: Sql;
    const problems = new Map<string, string>();

    beforeAll(async () => {
      stack = await freshStack();
      mongo = new MongoClient(stack.mongodbUri);
      db = mongo.db();
      sql = postgres(stack.postgresUri, { max: 1, onnotice: () => {} });
      const s3 = createLocalS3(stack.endpoint);
      const bucket = new Bucket(s3, required(stack.env, 'DATASETS_BUCKET'));
      const log = new Logger('error');
      await stageTheHarness(bucket);
      await stageDatasets({ bucket, fromDir: join(SHARED, 'data', 'datasets'), log });
      s3.destroy();
      await inFunctions('{}', async (run) => {
        const tasks = [
          ...new Set([
            ...cases.map(({ params }) => String(params.get('tasks'))),
            ...scored.map(({ header }) => header.task),
          ]),
        ];
        await run.client.send('REGISTER', dict({ framework: 'lmeh', tasks: tasks.join(', ') }));
        await waitForRegistered(
          tasks.filter((name) => !name.includes('*')),
          run.failure,
        );
        await Promise.all(scored.map((golden) => requestScored(run, golden)));
      });
      for (const group of groupByConfig(cases)) {
        await inFunctions(group[0]?.config ?? '{}', async (run) => {
          await Promise.all(group.map((golden) => request(run, golden.name, golden.params)));
        });
      }
    }, PREPARE_MS);

    afterAll(async () => {
      await Promise.all([mongo?.close(), sql?.end()]);
      await stack?.dispose();
    });

    it.each(cases.map(({ name }) => name))('%s', async (name) => {
      expect(problems.get(name)).toBeUndefined();
      const golden = goldenDocuments(name);
      const task = await findTask(name);
      const expectedTask = new Map(golden.task);
      // Each leaf is its own work, under its own name, also where a wildcard asked for it (CORRECTION-2).
      if (String(expectedTask.get('tasks')).includes('*')) expectedTask.set('tasks', task['tasks']);
      expect(
        bsonText(comparable(task, ['_id', 'creation_date', 'seed', 'resolved_task'])).replace(
          JSON.stringify(name),
          '"addr1"',
        ),
      ).toBe(text(expectedTask));
      expect(typesOf(task, ['seed', 'resolved_task'])).toEqual(typesIn(golden.types.get('tasks')));
      const instances = await find('instances', { task_id: task['_id'] }, { doc_id: 1, idx: 1 });
      expect(instances).toHaveLength(golden.lines.length);
      for (const [i, instance] of instances.entries()) {
        const expected = golden.lines[i];
        const where = `document ${expected?.docId}`;
        expect(bsonText(comparable(instance, ['_id', 'task_id', 'creation_date'])), where).toBe(
          text(expected?.instance ?? null),
        );
        expect(typesOf(instance, []), where).toEqual(typesIn(golden.types.get('instances')));
        const prompts = await find('prompts', { instance_id: instance['_id'] }, { _id: 1 });
        expect(
          `[${prompts.map((prompt) => bsonText(comparable(prompt, ['_id', 'task_id', 'instance_id', 'creation_date']))).join(',')}]`,
          where,
        ).toBe(text(expected?.prompts ?? null));
        for (const prompt of prompts) expect(typesOf(prompt, []), where).toEqual(typesIn(golden.types.get('prompts')));
      }
    });

    it.each(scored.map(({ name, header, lines }) => ({ name, header, lines })))(
      '$name',
      async ({ name, header, lines }) => {
        expect(problems.get(name)).toBeUndefined();
        const task = await findTask(name);
        const instances = await find('instances', { task_id: task['_id'] }, { doc_id: 1, idx: 1 });
        const first = await firstId(header.task, header.eval_split);
        for (const { index, pairs } of lines) {
          const found = instances.filter((instance) => Number(instance['doc_id']) === first + index);
          expect(
            found.map((instance) => instance['arguments']),
            `index ${index}`,
          ).toEqual(pairs);
        }
        expect(instances).toHaveLength(lines.reduce((sum, { pairs }) => sum + pairs.length, 0));
        expect(task['request_type']).toBe('loglikelihood');
      },
    );

    interface Run {
      readonly client: ReturnType<typeof benchClient>;
      readonly failure: () => string | undefined;
    }

    /** Runs the functions under a configuration while `work` is done. */
    async function inFunctions(config: string, work: (run: Run) => Promise<void>): Promise<void> {
      const path = join(mkdtempSync(join(tmpdir(), 'sampler-config-')), 'config.json');
      writeFileSync(path, config);
      const functions = await startFunctions({ ...stack.env, CONFIG_PATH: path });
      const sqs = createLocalSqs(stack.endpoint);
      const failure = () =>
        functions.lines.findLast((line) => line.includes('"level":"ERROR"') && line.includes('refused'));
      try {
        await work({ client: benchClient(stack.env, sqs, db, failure), failure });
      } finally {
        sqs.destroy();
        await functions.stop();
      }
    }

    /** Sends a case under an address of its own, so that cases of one task don't block each other. */
    async function request({ client }: Run, name: string, params: PyDict): Promise<void> {
      const args = params.get('requester_args');
      const requesterArgs = new Map([...(args instanceof Map ? args : []), ['address', name] as const]);
      try {
        await client.send('SAMPLE', new Map([...params, ['requester_args', requesterArgs]]));
        await client.tasks(name, 1);
      } catch (error) {
        problems.set(name, String(error));
      }
    }

    async function requestScored(run: Run, { name, header }: (typeof scored)[number]): Promise<void> {
      const first = await firstId(header.task, header.eval_split);
      const message = dict({
        framework: 'lmeh',
        tasks: header.task,
        num_fewshot: BigInt(header.num_fewshot),
        doc_ids: header.doc_ids.map((index) => BigInt(first + index)),
        requester_args: dict({ service: 'svc1', path: '/v1/completions' }),
      });
      await request(run, name, message);
    }

    async function waitForRegistered(tasks: readonly string[], failure: () => string | undefined): Promise<void> {
      const end = Date.now() + PREPARE_MS / 2;
      for (;;) {
        const rows = await sql`select task_name from task_registry`.catch(() => []);
        const missing = new Set(tasks).difference(new Set(rows.map((row) => String(row['task_name']))));
        if (missing.size === 0) return;
        const why = failure();
        if (why !== undefined || Date.now() > end)
          throw new Error(`not registered: ${[...missing].join(', ')}. ${why ?? ''}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }

    async function firstId(task: string, split: string): Promise<number> {
      const [registered] = await sql`select dataset_table_name as name from task_registry where task_name = ${task}`;
      const [row] =
        await sql`select min(__id) as first from ${sql(String(registered?.['name']))} where __split = ${split}`;
      return Number(row?.['first']);
    }

    async function findTask(address: string): Promise<Document> {
      const [task] = await find('tasks', { 'requester_args.address': address }, { _id: 1 });
      if (!task) throw new Error(`there is no task for ${address}`);
      return task;
    }

    function find(collection: string, filter: Document, sort: Record<string, 1>): Promise<Document[]> {
      return db.collection(collection).find(filter, { promoteValues: false }).sort(sort).toArray();
    }
  },
);

function groupByConfig(all: readonly GoldenCase[]): GoldenCase[][] {
  return [...Map.groupBy(all, ({ config }) => config).values()];
}

function dict(values: Record<string, PyValue>): PyDict {
  return new Map<PyValue, PyValue>(Object.entries(values));
}

function text(value: PyValue): string {
  return dumps(value, { ensureAscii: false, separators: [',', ':'] });
}

function typesOf(document: Document, own: readonly string[]): [string, string][] {
  return Object.entries(comparable(document, own)).map(([key, value]) => [key, bsonType(value)]);
}

function typesIn(list: PyValue | undefined): PyValue[] {
  return Array.isArray(list) ? list : [];
}
