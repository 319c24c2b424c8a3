import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../lib/sandbox/client.ts';
import { lambdaSandbox } from '../../lib/sandbox/lambda.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';

describe('the function sandbox on the local stack', () => {
  let stack: TestStack;
  let functions: RunningFunctions;
  let client: LambdaClient;

  beforeAll(async () => {
    stack = await freshStack();
    functions = await startFunctions(stack.env);
    client = new LambdaClient({
      endpoint: required(functions.env, 'AWS_ENDPOINT_URL_LAMBDA'),
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });
  afterAll(async () => {
    client?.destroy();
    await functions?.stop();
    await stack?.dispose();
  });

  it('is called by name, and runs Python that finds no environment of the stack', async () => {
    const session = openSandbox(lambdaSandbox(client, required(functions.env, 'SANDBOX_FUNCTION')), {
      task: 'made_up',
      files: new Map([['x/utils.py', 'import os\ndef names(): return sorted(os.environ)\n']]),
    });
    const [result] = await session.call([{ function: { path: 'x/utils.py', name: 'names' }, args: [] }]);
    const names = JSON.stringify(result);
    expect(names).toContain('PYTHONHASHSEED');
    expect(names).not.toMatch(/AWS|URI|QUEUE|BUCKET/);
  });
});
