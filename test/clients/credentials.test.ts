import { createRequire } from 'node:module';
import { afterEach, expect, it, vi } from 'vitest';
import * as own from '../../lib/clients/credentials.ts';

const require = createRequire(import.meta.resolve('@aws-sdk/client-sqs'));
const original: { defaultProvider: typeof own.defaultProvider } = require('@aws-sdk/credential-provider-node');

afterEach(() => vi.unstubAllEnvs());

it('gives the keys of the environment, as Lambda sets them, which the package gives first', async () => {
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'token');
  const expected = { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' };
  for (const provider of [own.defaultProvider(), own.fromNodeProviderChain(), original.defaultProvider()]) {
    expect(await provider()).toMatchObject(expected);
  }
});

it('says so where there are none', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  await expect(own.defaultProvider()()).rejects.toThrow('environment variable');
});
