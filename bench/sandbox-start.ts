/**
 * What the start of a box is made of: processes with a box's own flags each go one step further than the one before, and what a
 * step takes more than the one before it is its own. Processor time, the mean of five processes.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boxArguments } from '../lib/sandbox/box.ts';
import type { BoxImage } from '../lib/sandbox/image.ts';

const TIMES = 5;
const TICK_MS = 1000 / Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** Lines that say what each step of a start costs, up to the first request. @throws Error where one of them fails */
export function partsOfStart({ folder, snapshot }: BoxImage): string[] {
  const mode = snapshot ? 'snapshot' : 'cold';
  const [script = '', ...end] = boxArguments(folder, mode).slice(-2);
  const flags = boxArguments(folder, mode).slice(0, -2);
  const read = (name: string) => `require('node:fs').readFileSync(${JSON.stringify(join(folder, name))})`;
  const files = `${read('pyodide.asm.wasm')}; ${read('python_stdlib.zip')}; ${read(snapshot ? 'snapshot.bin' : 'runtime.json')};`;
  const compiled = snapshot ? `, { cachedData: ${read('context.cache')} }` : '';
  const context = `new (require('node:vm').Script)(${read('context.js')}.toString()${compiled});`;
  const steps: [string, readonly string[]][] = [
    ['Node itself', ['-e', '0']],
    ['files read', ['-e', files]],
    ["the context's script", ['-e', files + context]],
    ["the watcher started, Python's code taken, tables made, memory restored, Python readied", [script, ...end]],
  ];
  let before = 0;
  return steps.map(([what, last]) => {
    const cost = costOf([...flags, ...last], folder);
    const line = `${what}: ${Math.max(0, cost - before).toFixed(0)} ms`;
    before = cost;
    return line;
  });
}

/** Processor time of a process that ends by itself once nothing comes in any more. Milliseconds. */
function costOf(args: readonly string[], folder: string): number {
  const before = usedByChildren();
  for (let i = 0; i < TIMES; i++) {
    const { status, stderr } = spawnSync(process.execPath, args, { env: {}, cwd: folder, input: '' });
    if (status !== 0) throw new Error(`a step of a box's start fails: ${stderr.toString().slice(0, 500)}`);
  }
  return (usedByChildren() - before) / TIMES;
}

/** Processor time of this process's children that have ended. */
function usedByChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}
