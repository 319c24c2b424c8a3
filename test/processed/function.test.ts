import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { HARNESS_VERSION } from '../../lib/catalogue/catalogue.ts';
import { publishCatalogue } from '../../lib/catalogue/staging/publish.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { required } from '../helpers/stack.ts';
import { DEFINITIONS, MODULES } from './own-functions.ts';

let stack: DataStack;
let functions: RunningFunctions;
beforeAll(async () => {
  stack = await openDataStack();
  functions = await startFunctions(stack.env);
});
afterAll(async () => {
  await functions?.stop();
  await stack?.dispose();
});

it('the function register has functions of an include folder run by the function sandbox', async () => {
  await publishCatalogue(stack.source, HARNESS_VERSION, new Map(), []);
  for (const [path, text] of Object.entries({ ...DEFINITIONS, ...MODULES })) {
    await stack.s3.send(new PutObjectCommand({ Bucket: stack.bucket, Key: `include/own/${path}`, Body: text }));
  }
  const data = [0, 1, 2, 3, 4].map(BigInt);
  const rows = parquet([
    { name: 'q', data: data.map((n) => `q ${n}`), type: 'STRING' },
    { name: 'n', data, type: 'INT64' },
  ]);
  await stack.putDataset('own/numbers/default', { train: [rows], test: [rows] });
  const sqs = createLocalSqs(stack.endpoint);
  const MessageBody = JSON.stringify({ framework: 'lmeh', tasks: 'own_filter', include_path: 'own' });
  await sqs.send(new SendMessageCommand({ QueueUrl: required(stack.env, 'REGISTER_QUEUE_URL'), MessageBody }));
  const stored = await vi.waitFor(
    async () => {
      const found =
        await stack.sql`SELECT origin FROM sampler_processed_docs JOIN sampler_processed_tasks USING (key) ORDER BY place`;
      expect(found.length).toBeGreaterThan(0);
      return found;
    },
    { timeout: 20_000, interval: 300 },
  );
  expect(stored).toHaveLength(6);
  sqs.destroy();
});
