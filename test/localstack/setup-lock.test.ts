import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let root: string;
let started: ChildProcess[];

beforeEach(() => {
  // The set-up works in the folder that it lies in: a clone of its steps alone.
  root = realpathSync(mkdtempSync(join(tmpdir(), 'setup-lock-')));
  const folder = join(root, 'localstack', 'setup');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(import.meta.dirname, '..', '..', 'localstack', 'setup', 'steps.mjs'), join(folder, 'steps.mjs'));
  const script = `import { runStep, say, withSetupLock } from './steps.mjs';
    const steps = process.argv.slice(2);
    await withSetupLock(() => Promise.all(steps.map((step) => runStep(step, step, ['sh', '-c', 'echo $$ >' + step + '; exec sleep 60'], { advice: '' }))));
    say('over');`;
  writeFileSync(join(folder, 'run.mjs'), script);
  started = [];
});

afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

/** A set-up with steps of those names, each of which writes its process into a file of its name. */
function setUp(...steps: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(root, 'localstack', 'setup', 'run.mjs'), ...steps], { stdio: 'pipe' });
  started.push(child);
  return child;
}

async function stepOf(name: string): Promise<number> {
  return await expect
    .poll(() => Number(readFileSync(join(root, name), 'utf8')), { timeout: 20_000 })
    .toBeGreaterThan(0)
    .then(() => Number(readFileSync(join(root, name), 'utf8')));
}

const lives = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function said(child: ChildProcess, words: string): Promise<void> {
  let text = '';
  for await (const chunk of child.stderr ?? []) {
    text += String(chunk);
    if (text.includes(words)) return;
  }
  expect(text).toContain(words);
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends all of its steps where %s ends it', async (signal) => {
  const setup = setUp('one', 'two');
  const steps = [await stepOf('one'), await stepOf('two')];
  setup.kill(signal);
  await once(setup, 'exit');
  await expect.poll(() => steps.filter(lives), { timeout: 20_000 }).toEqual([]);
  await said(setUp(), 'over');
});

it('waits for the steps of a set-up that was killed outright, which may still write', async () => {
  const killed = setUp('one');
  const step = await stepOf('one');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const next = setUp();
  await said(next, 'waiting for another set-up');
  expect(lives(step)).toBe(true);
  process.kill(step, 'SIGKILL');
  await once(next, 'exit');
  expect(next.exitCode).toBe(0);
});
