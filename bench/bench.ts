/** `npm run bench -- [name ...] [number] [--option ...]`: all figures, or those named, each next to a baseline of the same run; on a stack of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { startOwnStack } from './own-stack.ts';

const ALL = ['latency', 'small', 'functions', 'shard', 'register', 'evaluate', 'sandbox'];
const sizes = process.argv.slice(2).filter((given) => /^\d+$/.test(given));
const options = process.argv.slice(2).filter((given) => given.startsWith('--'));
const wanted = process.argv.slice(2).filter((given) => ![...sizes, ...options].includes(given));
const unknown = wanted.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; name some of ${ALL.join(', ')}.`);
  process.exit(2);
}

const say = (line: string) => console.log(`[bench] ${line}`);
const { env, stop } = await startOwnStack(say);
say(`${cpus().length} cores (${cpus()[0]?.model.trim()}), load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`);
let failed = 0;
try {
  for (const name of wanted.length > 0 ? wanted : ALL) {
    say(name);
    const script = join(import.meta.dirname, `${name}.ts`);
    const child = spawn(process.execPath, [script, ...sizes, ...options], {
      env: { ...process.env, ...env },
      stdio: 'inherit',
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) failed++;
  }
} finally {
  await stop();
}
process.exit(failed === 0 ? 0 : 1);
