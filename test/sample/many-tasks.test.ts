import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { createSqs } from '../../lib/clients/aws.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { Logger } from '../../lib/log/log.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { sampleRequest } from '../../lib/sample/sample.ts';
import { rootOf, taskYaml } from '../catalogue/roots.ts';

/** Servers that are not there: what is refused at once needs none of them. */
const NOWHERE = 'http://127.0.0.1:1/none';
const log = new Logger('error');

function catalogueOf(names: readonly string[]): Catalogue {
  const { index, tasks } = rootOf(Object.fromEntries(names.map((name) => [`${name}.yaml`, taskYaml(name)])));
  return {
    source: 'own',
    index,
    find: async (name) => tasks.get(name) ?? null,
    sources: async () => new Map(),
    requireSupported() {
      throw new Error('nothing is planned of a message that is refused');
    },
  };
}

it('a long message for many tasks is refused before any is planned, as each plan would hold its settings', async () => {
  const names = Array.from({ length: 70 }, (_, i) => `many_${i}`);
  const body = JSON.stringify({
    framework: 'lmeh',
    tasks: 'many_*',
    requester_args: { address: 'a', service: 's' },
    qty: 1,
    gen_kwargs: 'x'.repeat(1_000_000),
  });
  const services = {
    sql: createSql('postgres://nobody@127.0.0.1:1/none'),
    catalogue: async () => catalogueOf(names),
    ledger: new Ledger(new MongoClient('mongodb://127.0.0.1:1/none').db(), 1000),
    shardQueue: new Queue(createSqs({ AWS_REGION: 'us-east-1' }), NOWHERE),
    shardSize: 250,
  };
  const message = parseMessage('sample', sampleMessage, body);
  const request = { requestId: 'r', redriven: false, seed: 1n, bytes: body.length, log };
  await expect(sampleRequest(services, message, request)).rejects.toMatchObject({
    code: 'BadMessage',
    permanent: true,
    message: expect.stringMatching(/10\d{5} bytes and leads to 70 tasks.*several messages/),
  });
});
