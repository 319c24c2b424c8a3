import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { formatDotenv } from '../../localstack/dotenv.ts';
import { readServiceFile } from '../../localstack/service-file.ts';
import { freshStack } from '../helpers/stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'serverless-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the framework as on a machine that knows no AWS: no keys, no profile, no home, and no proxy that answers. */
function serverless(args: string[], env: Record<string, string> = {}) {
  const program = join(ROOT, 'node_modules', 'osls', 'bin', 'serverless.js');
  const PATH = `${join(ROOT, 'node_modules', '.bin')}:/usr/bin:/bin`;
  const base = { PATH, HOME: folder, SLS_TELEMETRY_DISABLED: '1', AWS_EC2_METADATA_DISABLED: 'true' };
  const offline = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' };
  return spawnSync(process.execPath, [program, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...base, ...offline, ...env },
  });
}

it('packages every function and keeps the bucket private, without network or account', () => {
  const result = serverless(['package', '--package', folder]);
  expect(result.status, result.stderr).toBe(0);
  for (const { name } of readServiceFile(ROOT).functions)
    expect(existsSync(join(folder, `${name}.zip`)), name).toBe(true);
  const template: unknown = JSON.parse(readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'));
  const closed = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  expect(template).toMatchObject({
    Resources: {
      DatasetsBucket: { Properties: { PublicAccessBlockConfiguration: closed } },
      SampleEventSourceMappingSQSSampleQueue: { Properties: { FunctionResponseTypes: ['ReportBatchItemFailures'] } },
    },
  });
});

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
