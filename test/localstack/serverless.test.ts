import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { formatDotenv } from '../../localstack/dotenv.ts';
import { serverless } from '../helpers/serverless.ts';
import { freshStack } from '../helpers/stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'serverless-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('invokes a function locally on the services of the local environment file', async () => {
  const stack = await freshStack();
  const envFile = join(folder, 'env');
  const event = join(folder, 'event.json');
  writeFileSync(envFile, formatDotenv(stack.env));
  writeFileSync(event, JSON.stringify({ Records: [] }));
  const result = serverless(['invoke', 'local', '-f', 'shard', '-p', event], { SAMPLER_ENV_FILE: envFile });
  expect(result.status, result.stderr).toBe(0);
  expect(JSON.parse(result.stdout)).toEqual({ batchItemFailures: [] });
  await stack.dispose();
});

it('says how to start the local stack when it has not run', () => {
  const result = serverless(['invoke', 'local', '-f', 'shard'], { SAMPLER_ENV_FILE: join(folder, 'none') });
  expect(result.status).not.toBe(0);
  expect(result.stderr + result.stdout).toContain('npm start');
});
