import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InvocationType, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalFunction, localFunction } from '../../localstack/lambda.ts';
import { type LambdaEndpoint, startLambdaEndpoint } from '../../localstack/lambda-endpoint.ts';
import { emulatorAccess } from '../../localstack/resources.ts';

const folder = mkdtempSync(join(tmpdir(), 'lambda-endpoint-'));
const functions = new Map<string, LocalFunction>();
let endpoint: LambdaEndpoint;
let client: LambdaClient;

beforeAll(async () => {
  endpoint = await startLambdaEndpoint(functions);
  client = new LambdaClient({ ...emulatorAccess(endpoint.url), maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await Promise.all([...functions.values()].map((each) => each.stop()));
  await endpoint.close();
  rmSync(folder, { recursive: true });
});

const lines: string[] = [];

function add(name: string, source: string): void {
  const bundle = join(folder, `${name}.cjs`);
  writeFileSync(bundle, source);
  const limits = { memoryMb: 128, timeoutSeconds: 2 };
  functions.set(
    name,
    localFunction({ bundle, functionName: name, ...limits, env: {}, onLine: (line) => lines.push(line) }),
  );
}

async function invoke(FunctionName: string, event: unknown, InvocationType: InvocationType = 'RequestResponse') {
  const command = new InvokeCommand({ FunctionName, InvocationType, Payload: Buffer.from(JSON.stringify(event)) });
  const { StatusCode, FunctionError, Payload } = await client.send(command);
  const text = Buffer.from(Payload ?? []).toString('utf8');
  return { status: StatusCode, failed: FunctionError, payload: text === '' ? undefined : JSON.parse(text) };
}

it('calls a function by its name, with a version, or by its ARN', async () => {
  add('echo', `exports.handler = async (event) => event;`);
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:echo';
  for (const name of ['echo', 'echo:$LATEST', arn]) {
    expect(await invoke(name, { text: 'ü' })).toEqual({ status: 200, failed: undefined, payload: { text: 'ü' } });
  }
});

it('answers null where a handler gives nothing', async () => {
  add('nothing', `exports.handler = async () => {};`);
  expect(await invoke('nothing', {})).toMatchObject({ status: 200, payload: null });
});

it.each([
  ['throws', `throw new RangeError('too far')`, { errorType: 'RangeError', errorMessage: 'too far' }],
  ['takes too long', `for (;;);`, { errorType: 'Sandbox.Timedout' }],
  [
    'takes too much memory',
    `const kept = []; for (;;) kept.push(Buffer.alloc(8e6, 1))`,
    { errorType: 'Runtime.OutOfMemory' },
  ],
  ['ends its process', `process.exit(1)`, { errorType: 'Runtime.ExitError' }],
])('says that the function failed where it %s, and calls a new instance then', async (_what, statement, payload) => {
  add('fails', `exports.handler = async (event) => { if (event.fail) { ${statement}; } return 'fine'; };`);
  expect(await invoke('fails', { fail: true })).toMatchObject({ status: 200, failed: 'Unhandled', payload });
  expect(await invoke('fails', {})).toMatchObject({ failed: undefined, payload: 'fine' });
});

it('does not wait for a function that is called as an event, and calls none in a dry run', async () => {
  add('slow', `exports.handler = async (event) => { console.log('called', event.n); };`);
  expect(await invoke('slow', { n: 1 }, 'DryRun')).toMatchObject({ status: 204 });
  expect(await invoke('slow', { n: 2 }, 'Event')).toMatchObject({ status: 202 });
  await expect.poll(() => lines).toContain('called 2');
  expect(lines).not.toContain('called 1');
});

it('refuses a function that there is not, a payload that is no JSON or over 6 MiB', async () => {
  await expect(invoke('none', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(
    client.send(new InvokeCommand({ FunctionName: 'echo', Payload: Buffer.from('{') })),
  ).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
  await expect(invoke('echo', 'x'.repeat(6 * 1024 ** 2))).rejects.toMatchObject({ name: 'RequestTooLargeException' });
});

it('says that an answer over 6 MiB is too large', async () => {
  add('large', `exports.handler = async () => 'x'.repeat(6 * 1024 ** 2);`);
  const payload = { errorType: 'Function.ResponseSizeTooLarge' };
  expect(await invoke('large', {})).toMatchObject({ failed: 'Unhandled', payload });
});

it('refuses more than ten calls of one function at a time', async () => {
  add('waits', `exports.handler = async () => { await new Promise((done) => setTimeout(done, 1000)); };`);
  const answers = await Promise.allSettled(Array.from({ length: 11 }, () => invoke('waits', {})));
  const refused = answers.filter(({ status }) => status === 'rejected');
  expect(refused).toMatchObject([{ reason: { name: 'TooManyRequestsException' } }]);
});
