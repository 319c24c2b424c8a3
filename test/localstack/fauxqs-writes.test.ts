import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Emulator } from '../../localstack/emulators.ts';
import { startFauxqsEmulator } from '../../localstack/fauxqs.ts';
import { createLocalSqs, createResources, MAX_RECEIVE_COUNT } from '../../localstack/resources.ts';
import { required } from '../helpers/stack.ts';

const dir = mkdtempSync(join(tmpdir(), 'writes-'));
let emulator: Emulator;
let database: DatabaseSync;

beforeAll(async () => {
  emulator = await startFauxqsEmulator(dir, 0);
  database = new DatabaseSync(join(dir, 'aws', 'queues', 'fauxqs.db'));
});
afterAll(async () => {
  database.close();
  await emulator.stop();
  rmSync(dir, { recursive: true });
});

it('never has a message in neither of two queues on disk, as it moves from one to the other', async () => {
  const { env } = await createResources(emulator.endpoint, 'writes', { shard: 0 });
  const QueueUrl = required(env, 'SHARD_QUEUE_URL');
  const sqs = createLocalSqs(emulator.endpoint);
  const { MessageId = '' } = await sqs.sendMessage({ QueueUrl, MessageBody: 'kept' });
  for (let n = 0; n < MAX_RECEIVE_COUNT; n++) await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 1 });
  // The process may be killed right there; that the second write fails is the same to what is on disk.
  database.exec(`
    CREATE TRIGGER second_write_fails BEFORE INSERT ON sqs_messages WHEN NEW.queue_name LIKE '%-dlq'
    BEGIN SELECT RAISE(ABORT, 'killed'); END`);
  await expect(emulator.queues?.receiveMessage({ QueueUrl })).rejects.toThrow('killed');
  const kept = database.prepare('SELECT queue_name, body FROM sqs_messages WHERE message_id = ?').all(MessageId);
  expect(kept.map((row) => ({ ...row }))).toEqual([{ queue_name: 'sampler-writes-shard', body: 'kept' }]);
  sqs.destroy();
});
