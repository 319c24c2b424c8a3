/** `npm run faults`: the suite; `npm run faults flood [MESSAGES]`: the flood alone, as large as told. */
import { spawnSync } from 'node:child_process';

const MESSAGES = '20000';

const [first, ...rest] = process.argv.slice(2);
const isFlood = first === 'flood';
const files = isFlood ? 'test/faults/flood' : 'test/faults';
const args = isFlood ? [] : process.argv.slice(2);
const env = isFlood ? { ...process.env, FLOOD_MESSAGES: rest[0] ?? MESSAGES, FAULTS_QUEUES: 'fauxqs' } : process.env;
const { status } = spawnSync('vitest', ['run', files, ...args], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
