import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { vi } from 'vitest';
import { reportError } from '../../bin/cli/report-error.ts';
import { createProgram } from '../../bin/program.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SAMPLER = join(ROOT, 'bin', 'sampler.ts');
/** The wheel that the set-up brings. */
export const WHEEL = join(ROOT, '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');

/** What a command did. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command as a process of its own. Its environment is the one given and nothing else but the path, with a bucket that
 * does not exist where none is named, so that no stack that happens to run on this machine is touched.
 */
export function sampler(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ran> {
  return start(SAMPLER, args, ROOT, env, input);
}

/** Runs what `npx sampler` runs, from a folder of one's own. */
export function npxSampler(args: readonly string[], cwd: string): Promise<Ran> {
  return start(join(ROOT, 'bin', 'sampler.mjs'), args, cwd, {}, '');
}

function start(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  input: string,
): Promise<Ran> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', SHARD_QUEUE_URL: 'http://127.0.0.1:9/none', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs the command inside this process, for all that needs no process of its own; nothing of its environment is set. */
export async function samplerHere(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const before = process.exitCode;
  try {
    process.exitCode = 0;
    const failed = await createProgram()
      .parseAsync(args, { from: 'user' })
      .then(() => undefined, reportError);
    return { code: failed ?? Number(process.exitCode), ...written };
  } finally {
    process.exitCode = before;
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}

/** Runs a command with `--json` and reads what it printed. Throws where that is not all JSON. */
export async function samplerJson(
  args: readonly string[],
  env?: Record<string, string>,
  run: (args: readonly string[], env?: Record<string, string>) => Promise<Ran> = sampler,
): Promise<Ran & { readonly json: unknown }> {
  const ran = await run([...args, '--json'], env);
  try {
    return { ...ran, json: JSON.parse(ran.stdout) };
  } catch (error) {
    throw new Error(`${args.join(' ')} (code ${ran.code}) printed no JSON: ${ran.stdout}\n${ran.stderr}`, {
      cause: error,
    });
  }
}
