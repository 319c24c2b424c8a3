import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type LocalFunction, localFunction } from '../../localstack/lambda.ts';
import { runsWith } from '../../localstack/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'lambda-'));
afterAll(() => rmSync(folder, { recursive: true }));

let running: LocalFunction | undefined;
afterEach(() => running?.stop());

function start(source: string, options: { timeoutSeconds?: number; env?: Record<string, string> } = {}) {
  const bundle = join(folder, `${Math.random()}.cjs`);
  writeFileSync(bundle, source);
  const lines: string[] = [];
  running = localFunction({
    bundle,
    functionName: 'f',
    memoryMb: 128,
    timeoutSeconds: options.timeoutSeconds ?? 60,
    env: options.env ?? {},
    onLine: (line) => lines.push(line),
  });
  return { invoke: running.invoke, lines };
}

it('calls the handler with the event, the context and the environment of the function alone', async () => {
  const { invoke } = start(
    `exports.handler = async (event, context) => ({
      event, name: context.functionName, left: context.getRemainingTimeInMillis() > 0, env: process.env.OWN, path: process.env.PATH,
    });`,
    { env: { OWN: 'mine' } },
  );
  expect(await invoke({ a: 1 })).toEqual({ event: { a: 1 }, name: 'f', left: true, env: 'mine', path: undefined });
});

it('keeps an instance for the next event, and takes another one for an event at the same time', async () => {
  const { invoke } = start(
    `let count = 0; exports.handler = async (ms) => { count++; await new Promise((done) => setTimeout(done, ms)); return count; };`,
  );
  expect(await invoke(0)).toBe(1);
  expect(await invoke(0)).toBe(2);
  expect(await Promise.all([invoke(50), invoke(50)])).toEqual([3, 1]);
});

it('passes on what the handler throws', async () => {
  const { invoke } = start(`exports.handler = async () => { throw new RangeError('too far'); };`);
  await expect(invoke({})).rejects.toMatchObject({ name: 'RangeError', message: 'too far' });
});

it('ends an instance that takes longer than its time-out, even in a loop that never yields', async () => {
  const { invoke } = start(`exports.handler = async (event) => { while (event.hang); return 'new'; };`, {
    timeoutSeconds: 1,
  });
  await expect(invoke({ hang: true })).rejects.toMatchObject({
    name: 'Sandbox.Timedout',
    message: 'f timed out after 1 seconds and was ended',
  });
  expect(await invoke({ hang: false })).toBe('new');
});

it.each([
  ['buffers', `Buffer.alloc(8e6, 1)`],
  ['its heap', `Array.from({ length: 1e5 }, (_, i) => ({ i }))`],
])('ends an instance that fills %s beyond its memory, and no other one', async (_what, more) => {
  const { invoke } = start(
    `let calls = 0; exports.handler = async (event) => {
      const kept = []; while (event.fill) kept.push(${more});
      await new Promise((done) => setTimeout(done, event.ms)); return ++calls; };`,
  );
  const other = invoke({ ms: 3000 });
  await expect(invoke({ fill: true })).rejects.toMatchObject({
    name: 'Runtime.OutOfMemory',
    message: 'f took more than its 128 MB of memory and was ended',
  });
  expect(await other).toBe(1);
  expect(await invoke({ ms: 0 })).toBe(2);
});

it('is not ended by the kill of its instances, and says by what each ended', async () => {
  const { invoke } = start(
    `exports.handler = async (signal) => { process.kill(process.pid, signal); await new Promise(() => {}); };`,
  );
  await expect(invoke('SIGSEGV')).rejects.toMatchObject({
    name: 'Runtime.ExitError',
    message: expect.stringContaining('SIGSEGV'),
  });
  await expect(invoke('SIGKILL')).rejects.toMatchObject({
    name: 'Runtime.ExitError',
    message: expect.stringContaining('SIGKILL'),
  });
});

it('leaves no instance behind when the process that made it is killed, not even one in a loop that never yields', async () => {
  const bundle = join(folder, 'endless.cjs');
  writeFileSync(bundle, `exports.handler = async () => { console.log(process.pid); for (;;); };`);
  const options = { bundle, functionName: 'f', memoryMb: 128, timeoutSeconds: 600, env: {} };
  const script = `
    import { localFunction } from ${JSON.stringify(join(import.meta.dirname, '..', '..', 'localstack', 'lambda.ts'))};
    await localFunction({ ...${JSON.stringify(options)}, onLine: console.log }).invoke({});`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: parent.stdout })) {
    const running = () => runsWith(Number(line), 'lambda-instance');
    expect(running()).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(running, { timeout: 15_000 }).toBe(false);
  }
});

it('survives an instance that ends itself or cannot be loaded', async () => {
  const { invoke } = start(`exports.handler = async (event) => { if (event.exit) process.exit(3); return 'new'; };`);
  await expect(invoke({ exit: true })).rejects.toThrow(/ended/);
  expect(await invoke({ exit: false })).toBe('new');
  const broken = start(`throw new Error('at load');`);
  await expect(broken.invoke({})).rejects.toThrow('at load');
});

it('gives the lines that the function writes', async () => {
  const { invoke, lines } = start(
    `exports.handler = async () => { console.log('said'); process.stdout.write('so\\n'); };`,
  );
  await invoke({});
  await expect.poll(() => lines).toEqual(['said', 'so']);
});
