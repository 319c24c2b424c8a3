import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
/** Starts a box, has it loop without an end, and tells its process. */
const PARENT = `
import { Box } from '${ROOT}/lib/sandbox/box.ts';
import { makeBoxImage } from '${ROOT}/deploy/box-image.ts';
const box = await Box.start(await makeBoxImage('${ROOT}', () => {}));
const times = { callMs: 600_000, documentMs: 600_000 };
await box.ask(JSON.stringify({ op: 'open', files: { 'x/u.py': 'def f():\\n while True: pass' } }), times);
void box.ask(JSON.stringify({ op: 'call', calls: [{ function: { path: 'x/u.py', name: 'f' }, args: [] }] }), times);
console.log(box.pid);
`;

it('a box in an endless loop ends with the process that started it, also where that is killed', async () => {
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', PARENT], { cwd: ROOT });
  parent.stderr.pipe(process.stderr);
  const [line] = await once(parent.stdout, 'data');
  const box = `/proc/${Number(String(line))}`;
  expect(existsSync(box)).toBe(true);
  parent.kill('SIGKILL');
  while (existsSync(box)) await sleep(100);
});
