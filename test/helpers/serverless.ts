import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Held by whoever runs the framework: it builds in one folder of the repository, which it removes at its end. */
export const SERVERLESS_LOCK = join(ROOT, '.cache', 'serverless.lock');

/** Runs the framework, one at a time, as on a machine that knows no AWS: no keys, no profile, no home, and no proxy that answers. */
export function serverless(args: readonly string[], env: Record<string, string> = {}): SpawnSyncReturns<string> {
  const program = join(ROOT, 'node_modules', 'osls', 'bin', 'serverless.js');
  const PATH = `${join(ROOT, 'node_modules', '.bin')}:/usr/bin:/bin`;
  const base = { PATH, HOME: tmpdir(), SLS_TELEMETRY_DISABLED: '1', AWS_EC2_METADATA_DISABLED: 'true' };
  const offline = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' };
  return spawnSync('flock', [SERVERLESS_LOCK, process.execPath, program, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...base, ...offline, ...env },
  });
}

/**
 * Packages the service for a stage into `folder`, as a deployment does, and gives the text of the CloudFormation template
 * that would be deployed. Throws an Error with the framework's output when it fails.
 */
export function packageService(folder: string, stage: string, params: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  const { status, stdout, stderr } = serverless(['package', '--stage', stage, '--package', folder, ...given]);
  if (status !== 0) throw new Error(`packaging for ${stage} failed:\n${stdout}${stderr}`);
  return readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
}
