import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SendMessageCommand, type SQS } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DrivenFunctions, driveFunctions } from '../../localstack/drive.ts';
import { createLocalSqs, emulatorAccess } from '../../localstack/resources.ts';
import { readServiceFile, type ServiceFunction } from '../../localstack/service-file.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';

const service = readServiceFile(join(import.meta.dirname, '..', '..'));
const folder = mkdtempSync(join(tmpdir(), 'drive-'));
let stack: TestStack;
let sqs: SQS;

beforeAll(async () => {
  stack = await freshStack();
  sqs = createLocalSqs(stack.endpoint);
});
afterAll(async () => {
  sqs.destroy();
  await stack.dispose();
  rmSync(folder, { recursive: true });
});

/** Drives functions that write JSON lines, which `told` collects. */
async function drive(functions: readonly (Omit<ServiceFunction, 'entry'> & { source: string })[], told: unknown[]) {
  const bundles: Record<string, string> = {};
  for (const { name, source } of functions) {
    bundles[name] = join(folder, `${name}.cjs`);
    writeFileSync(bundles[name], source);
  }
  return driveFunctions({
    service: { ...service, functions: functions.map((each) => ({ ...each, entry: '' })) },
    bundles,
    queues: sqs,
    env: stack.env,
    stage: 'local',
    onFunctionLine: (name, line) => told.push([name, line]),
    onError: (name, error) => told.push([name, error instanceof Error ? error.name : error]),
  });
}

const LIMITS = { timeoutSeconds: 10, memoryMb: 128 };

async function call({ env }: DrivenFunctions, FunctionName: string): Promise<unknown> {
  const client = new LambdaClient(emulatorAccess(required(env, 'AWS_ENDPOINT_URL_LAMBDA')));
  const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
  client.destroy();
  return JSON.parse(Buffer.from(Payload ?? []).toString('utf8'));
}

it('shows a function that nothing drives no address of a database, and to the others where it can be called', async () => {
  const source = `exports.handler = async () => Object.keys(process.env).sort();`;
  const running = await drive(
    [
      { name: 'called', source, ...LIMITS },
      { name: 'clocked', source, everySeconds: 600, ...LIMITS },
    ],
    [],
  );
  expect(await call(running, 'sampler-local-called')).toEqual(['AWS_LAMBDA_FUNCTION_NAME']);
  expect(await call(running, 'sampler-local-clocked')).toEqual(
    [...[...Object.keys(stack.env), 'AWS_ENDPOINT_URL_LAMBDA', 'AWS_LAMBDA_FUNCTION_NAME'], 'SANDBOX_FUNCTION'].sort(),
  );
  await running.stop();
});

it('goes on with the next message where one has ended its function, and says what happened', async () => {
  const told: unknown[] = [];
  const queue = { name: 'shard', batchSize: 1, maximumConcurrency: 2, visibilityTimeoutSeconds: 1800 } as const;
  const source = `exports.handler = async ({ Records: [{ body }] }) => { if (body === 'bad') process.abort(); console.log(body); };`;
  const running = await drive([{ name: 'shard', source, queue, ...LIMITS }], told);
  for (const MessageBody of ['bad', 'good']) {
    await sqs.send(new SendMessageCommand({ QueueUrl: required(stack.env, 'SHARD_QUEUE_URL'), MessageBody }));
  }
  await expect
    .poll(() => told, { timeout: 30_000 })
    .toEqual(
      expect.arrayContaining([
        ['shard', 'good'],
        ['shard', 'Runtime.OutOfMemory'],
      ]),
    );
  await running.stop();
});
