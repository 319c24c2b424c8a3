/** `npm run faults`: the suite; `npm run faults flood [MESSAGES]`: the flood alone, as large as told. */
import { spawnSync } from 'node:child_process';

const MESSAGES = '20000';

const [first, ...rest] = process.argv.slice(2);
const isFlood = first === 'flood';
const args = isFlood ? ['-t', 'a flood'] : process.argv.slice(2);
const env = isFlood ? { ...process.env, FLOOD_MESSAGES: rest[0] ?? MESSAGES, FAULTS_QUEUES: 'fauxqs' } : process.env;
const { status } = spawnSync('vitest', ['run', 'test/faults', ...args], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
