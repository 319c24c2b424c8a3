import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withSandbox } from '../../bin/cli/sandbox.ts';
import { lockTask } from '../../lib/audit/lock.ts';
import { openCatalogue } from '../../lib/catalogue/catalogue.ts';
import { Logger } from '../../lib/log/log.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { bsonText } from '../conformance/bson-text.ts';
import { hasDistribution } from '../helpers/python.ts';
import { EXPECTED, expectedOf, harnessCases, runHarnessTasks, writeMadeUp } from './harness/recorder.ts';
import { type RunningService, startService } from './running-service.ts';

const cases = harnessCases();
const expected = expectedOf();
const NEEDED = ['lm_eval', 'openai', 'pydantic', 'pyarrow', 'datasets'];
const missing = NEEDED.filter((name) => !hasDistribution(name));
if (missing.length > 0) {
  console.warn(`python3 has no ${missing.join(', ')}: what is expected of the harness's tasks is not recorded anew`);
}

/** The arguments of one instance and all that is asked of it, as the recorder puts them. */
async function hashOf(
  service: RunningService,
  task: Document | undefined,
): Promise<{ instances: number; sha256: string }> {
  const of = { task_id: task?.['_id'] };
  const read = { promoteValues: false };
  const instances = await service.db.collection('instances').find(of, read).sort({ doc_id: 1, idx: 1 }).toArray();
  const prompts = await service.db.collection('prompts').find(of).sort({ _id: 1 }).toArray();
  const first = new Map([...prompts].reverse().map((prompt) => [String(prompt['instance_id']), prompt]));
  const hash = createHash('sha256');
  for (const instance of instances) {
    const prompt = first.get(String(instance['_id']));
    const line = [
      Number(instance['doc_id']),
      Number(instance['idx']),
      prompt?.['ctxlen'],
      bsonText(instance['doc']),
      bsonText(instance['arguments']),
      prompt?.['data'],
    ];
    if (process.env['SHOW_INSTANCES']) console.log(JSON.stringify(line));
    hash.update(JSON.stringify(line));
  }
  return { instances: instances.length, sha256: hash.digest('hex') };
}

describe('tasks of the harness with Python functions, over our own rows, are asked as the real harness asks them', () => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService(writeMadeUp());
    const names = cases.map(({ task }) => task);
    // Several messages, so that one task that can't be registered is not waited for by all.
    for (let i = 0; i < names.length; i += 10) {
      await service.send('REGISTER', JSON.stringify({ framework: 'lmeh', tasks: names.slice(i, i + 10).join() }));
    }
  });
  afterAll(() => service?.stop());

  it('in at least 40 folders of it, each task with what the harness made of it', async () => {
    expect(new Set(cases.map(({ task }) => task)).size).toBe(cases.length);
    expect(expected.size).toBe(cases.length);
    const catalogue = await openCatalogue({ bucket: service.bucket, log: new Logger('error') });
    const entries = await Promise.all(cases.map(({ task }) => catalogue.find(task)));
    const folders = new Set(entries.map((entry) => entry?.yaml.split('/')[0]));
    expect(folders.size).toBeGreaterThanOrEqual(40);
  });

  it.each(['afrimmlu_direct_amh_prompt_4', 'crows_pairs_english_gender'])(
    'the plan in a lock of %s is the plan_hash of a request for all its documents',
    async (task) => {
      await service.registered(task);
      const path = '/v1/completions';
      const [found] = await service.sample({ tasks: task, qty: -1 }, 1, { path });
      const address = found?.['requester_args'].address;
      const record = await service.db.collection('sample_requests').findOne({ address });
      const { now } = await withSandbox(async (sandbox) => {
        const catalogue = await openCatalogue({ bucket: service.bucket, log: new Logger('error') });
        const entry = await catalogue.find(task);
        if (entry === null) throw new Error(`${task} is not staged`);
        const asked = { framework: 'lmeh', tasks: task, qty: -1, requester_args: { address: 'a', service: 's', path } };
        const message = parseMessage('sample', sampleMessage, JSON.stringify(asked));
        return await lockTask({ catalogue, source: service.bucket, sandbox }, message, entry, {});
      });
      expect(record?.['plan_hash']).toMatch(/^[0-9a-f]{64}$/);
      expect(now.plan).toBe(record?.['plan_hash']);
    },
    240_000,
  );

  it.each(cases.map((one) => [one.task, one] as const))(
    '%s',
    async (name, { task, path = '/v1/completions', ids: _ids, kept: _kept, plain, ...settings }) => {
      await service.registered(name, plain);
      const [found] = await service.sample({ tasks: task, qty: -1, ...settings }, 1, { path });
      const { instances, sha256 } = await hashOf(service, found);
      const { task: _task, ...wanted } = expected.get(name) ?? { task: '' };
      expect({ instances, sha256 }).toEqual(wanted);
    },
    240_000,
  );
});

it.skipIf(missing.length > 0)(
  'what is expected of the tasks is what the real harness makes of our rows',
  () => {
    expect(runHarnessTasks()).toBe(readFileSync(EXPECTED, 'utf8'));
  },
  300_000,
);
