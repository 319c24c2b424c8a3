import { createHash } from 'node:crypto';
import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TABLES } from '../../bin/documents-page.ts';
import { bsonText } from '../conformance/bson-text.ts';
import { undescribed } from './described.ts';
import { cases, digests, instancesOf } from './own/expected.ts';
import { type RunningService, startService } from './running-service.ts';

let service: RunningService;

beforeAll(async () => {
  service = await startService();
  const own = cases().map(([, { tasks }]) => tasks);
  await service.register('own_*', [...new Set(own)], { include_path: 'own' });
  const harness = ['gsm8k', 'bbh_cot_fewshot_boolean_expressions', 'mmlu_anatomy', 'mmlu_anatomy_generative'];
  await service.register(harness.join(), harness);
});

afterAll(() => service?.stop());

/** The task's instances in the order of documents and choices, each with its prompts. */
async function written(task: Document | undefined): Promise<{ instance: Document; prompts: Document[] }[]> {
  const of = { task_id: task?.['_id'] };
  const read = { promoteValues: false };
  const instances = await service.db.collection('instances').find(of, read).sort({ doc_id: 1, idx: 1 }).toArray();
  const prompts = await service.db.collection('prompts').find(of).sort({ _id: 1 }).toArray();
  return instances.map((instance) => ({
    instance,
    prompts: prompts.filter((prompt) => String(prompt['instance_id']) === String(instance['_id'])),
  }));
}

describe('our own tasks over our own rows are asked as the real harness asks them', () => {
  it.each(cases())('%s', async (name, { path, tasks, ...fields }) => {
    const asked = { tasks, include_path: 'own', ...(fields['doc_ids'] ? {} : { qty: -1 }), ...fields };
    const [task] = await service.sample(asked, 1, path ? { path } : {});
    const found = (await written(task)).map(({ instance, prompts }) => ({
      case: name,
      doc_id: Number(instance['doc_id']),
      idx: Number(instance['idx']),
      request_type: String(instance['request_type']),
      repeats: Number(instance['repeats']),
      ctxlen: prompts[0]?.['ctxlen'],
      doc: bsonText(instance['doc']),
      arguments: bsonText(instance['arguments']),
      data: prompts[0]?.['data'],
      prompts: prompts.map((prompt) => prompt['data']),
    }));
    const expected = instancesOf(name);
    expect(expected.length).toBeGreaterThan(0);
    expect(found).toEqual(expected.map((line) => ({ ...line, prompts: Array(line.repeats).fill(line.data) })));
    expect(task).toMatchObject({
      qty: new Set(expected.map((line) => line.doc_id)).size,
      total_instances: expected.length,
      request_type: expected[0]?.request_type,
    });
  });
});

describe("the harness's own tasks over our own rows", () => {
  it.each(digests())('%s', async (asked, digest) => {
    const [tasks = '', path] = asked.split(' ');
    const [task] = await service.sample({ tasks, qty: -1 }, 1, { path });
    const hash = createHash('sha256');
    const found = await written(task);
    for (const { instance, prompts } of found) {
      const line = [
        Number(instance['doc_id']),
        Number(instance['idx']),
        bsonText(instance['arguments']),
        prompts[0]?.['data'],
      ];
      hash.update(JSON.stringify(line));
    }
    expect(`${found.length} ${hash.digest('hex')}`).toBe(digest);
  });
});

describe('what was written is as docs/documents.md and docs/schemas describe it', () => {
  it.each(['tasks', 'instances', 'prompts', 'sample_requests'])('%s', async (name) => {
    const { found, all } = await undescribed(service.db, name);
    expect(found).toEqual([]);
    expect(all).toBeGreaterThan(10);
  });

  it('signatures too', async () => {
    await service.sample({ framework: 'signatures', tasks: 'tokenizer', qty: 1 });
    await service.sample({ framework: 'signatures', tasks: 'identity', qty: 5, random_seed: 7 });
    for (const name of ['tasks', 'instances', 'prompts', 'sample_requests']) {
      expect((await undescribed(service.db, name)).found).toEqual([]);
    }
  });

  it('the registry', async () => {
    const columns = await service.sql`
      SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'task_registry' ORDER BY ordinal_position`;
    const described = TABLES.find(({ name }) => name === 'task_registry');
    expect(columns.map((column) => [column['column_name'], column['data_type']])).toEqual(
      described?.columns.map(([name, type]) => [name, type]),
    );
  });
});
