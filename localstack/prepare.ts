import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { createLocalS3 } from './resources.ts';

const ROOT = join(import.meta.dirname, '..');
const SAMPLER = join(ROOT, 'bin', 'sampler.ts');
/** The wheel that the set-up brings. */
const HARNESS_WHEEL = join(ROOT, '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');

/**
 * Stages what every request needs and a new bucket lacks: the harness's task definitions. `env` is the environment of
 * the stack; `signal` breaks it off. Throws an Error with the command's output when it fails.
 */
export async function prepare(
  env: Record<string, string>,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (!existsSync(SAMPLER) || (await hasHarness(env))) return;
  say('staging the task definitions ...');
  const child = spawn(process.execPath, [SAMPLER, 'stage', 'harness', '--wheel', HARNESS_WHEEL], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`staging the task definitions failed:\n${output}`);
}

async function hasHarness(env: Record<string, string>): Promise<boolean> {
  const s3 = createLocalS3(env['AWS_ENDPOINT_URL'] ?? '');
  try {
    const Bucket = env['DATASETS_BUCKET'] ?? '';
    const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'harness/', MaxKeys: 1 }));
    return KeyCount > 0;
  } finally {
    s3.destroy();
  }
}
