import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freshStack, type TestStack } from '../helpers/stack.ts';
import { createStack } from './stacks.ts';

const SECRETS = join(import.meta.dirname, '..', '..', 'deploy', 'secrets.mjs');
const run = promisify(execFile);
/** What a function's code would find in its environment, here the variables whose names begin with X. */
const SHOW = `console.log(JSON.stringify(Object.entries(process.env).filter(([name]) => /^X/.test(name))))`;

/** Starts a program as Lambda starts a function: what fetches the secrets is loaded first. */
async function start(env: Record<string, string>): Promise<Record<string, string>> {
  const NODE_OPTIONS = `--import=${SECRETS}`;
  const { stdout } = await run(process.execPath, ['-e', SHOW], { env: { ...env, NODE_OPTIONS } });
  return Object.fromEntries(JSON.parse(stdout));
}

it('leaves an environment alone that needs no secret', async () => {
  const env = { X: 'given', X_FROM: 'ssm:/never/asked', X2: '', X2_FROM: '' };
  expect(await start(env)).toEqual(env);
});

it.each(['postgres://user:password@host/db', 'ssm:', 'vault:a'])('refuses %j as a name of a secret', async (from) => {
  await expect(start({ X_FROM: from })).rejects.toThrow('use ssm:NAME or secretsmanager:NAME#KEY');
});

it('says what to look at when nothing answers', async () => {
  const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_REGION: 'us-east-1', X_FROM: 'ssm:/a/b' };
  const keys = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
  await expect(start({ ...env, ...keys })).rejects.toThrow(/\/a\/b can't be fetched .*endpoint of SSM/);
});

describe.skipIf(!inject('hasLocalstack'))('secrets (localstack)', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await freshStack({ queues: 'localstack' });
    const uri = 'mongodb://user:pa$$%2Fword@host/db?a=b#c';
    await createStack(stack.endpoint, 'secrets', {
      Resources: {
        Parameter: {
          Type: 'AWS::SSM::Parameter',
          Properties: { Name: '/sampler/t/uri', Type: 'String', Value: 'postgres://a:b@c/d' },
        },
        Longer: {
          Type: 'AWS::SSM::Parameter',
          Properties: { Name: '/sampler/t/uri2', Type: 'String', Value: 'second' },
        },
        Secret: {
          Type: 'AWS::SecretsManager::Secret',
          Properties: { Name: 'sampler/t', SecretString: JSON.stringify({ mongodb_uri: uri, port: 5 }) },
        },
      },
    });
  });
  afterAll(() => stack.dispose());

  it('are fetched from parameters, fields of secrets and whole secrets', async () => {
    const names = {
      X1_FROM: 'ssm:/sampler/t/uri2',
      X2_FROM: 'ssm:/sampler/t/uri',
      X3_FROM: 'secretsmanager:sampler/t#mongodb_uri',
      X4_FROM: 'secretsmanager:sampler/t',
    };
    const { X1, X2, X3, X4 = '' } = await start({ ...stack.env, ...names });
    expect([X1, X2, X3]).toEqual(['second', 'postgres://a:b@c/d', 'mongodb://user:pa$$%2Fword@host/db?a=b#c']);
    expect(JSON.parse(X4)).toHaveProperty('port', 5);
  });

  it.each([
    ['ssm:/sampler/t/none', 'There is no /sampler/t/none'],
    ['secretsmanager:sampler/t#none', 'holds no JSON object with the text "none"'],
    ['secretsmanager:sampler/t#port', 'holds no JSON object with the text "port"'],
    ['ssm:/sampler/t/uri#key', 'holds no JSON object with the text "key"'],
  ])('that are not there end the start, and none is shown: %s', async (from, message) => {
    const failure = await start({ ...stack.env, X_FROM: from }).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failure).toContain(message);
    expect(failure).not.toMatch(/a:b@c|pa\$\$/);
  });
});
