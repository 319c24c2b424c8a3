/**
 * Hands events to a bundled handler one after the other and prints what each took, once it is warm: processor time, what went to
 * and came from each port, lines logged. By itself and without imports of ours, so that nothing but the bundle counts.
 * Usage: node run-direct.mjs BUNDLE EVENTS WARM_UP
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';

const [, , bundle = '', file = '', warmUp = '0'] = process.argv;
const events = JSON.parse(readFileSync(file, 'utf8'));
const context = {
  getRemainingTimeInMillis: () => 300_000,
  functionName: 'bench',
  awsRequestId: '00000000-0000-0000-0000-000000000000',
  memoryLimitInMB: '2048',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:bench',
};

/** @type {Map<import('node:net').Socket, { writes: number }>} */
const sockets = new Map();
const write = Socket.prototype.write;
/** @type {typeof write} */
Socket.prototype.write = function countedWrite(...given) {
  const counts = sockets.get(this) ?? { writes: 0 };
  counts.writes++;
  sockets.set(this, counts);
  return Reflect.apply(write, this, given);
};
let logged = 0;
process.stdout.write = (/** @type {string | Uint8Array} */ line) => {
  logged += Buffer.byteLength(line);
  return true;
};
const say = write.bind(process.stdout);

const { handler } = createRequire(bundle)(bundle);
for (const event of events.slice(0, Number(warmUp))) await handle(event);
const before = reading();
const started = performance.now();
for (const event of events.slice(Number(warmUp))) await handle(event);
const took = performance.now() - started;
const after = reading();
/** Messages. */
const count = events.slice(Number(warmUp)).reduce((/** @type {number} */ sum, event) => sum + event.Records.length, 0);
/** @param {number} total */
const each = (total) => total / count;
const figures = {
  ms: each(took),
  userMs: each(after.userMs - before.userMs),
  systemMs: each(after.systemMs - before.systemMs),
  othersMs: each(after.othersMs - before.othersMs),
  logged: each(after.logged - before.logged),
  memory: process.memoryUsage.rss() / 1e6,
  ports: Object.fromEntries(
    [...after.ports].map(([port, now]) => {
      const then = before.ports.get(port) ?? { writes: 0, sent: 0, received: 0 };
      const of = (/** @type {'writes' | 'sent' | 'received'} */ name) => each(now[name] - then[name]);
      return [port, { writes: of('writes'), sent: of('sent'), received: of('received') }];
    }),
  ),
};
say(`figures ${JSON.stringify(figures)}\n`, () => process.exit());

/** @param {unknown} event */
async function handle(event) {
  const answer = await handler(event, context);
  if (answer?.batchItemFailures?.length > 0) throw new Error('a message failed');
}

function reading() {
  const { user, system } = process.cpuUsage();
  const own = process.threadCpuUsage();
  const othersMs = (user + system - own.user - own.system) / 1000;
  /** @type {Map<number, { writes: number, sent: number, received: number }>} */
  const ports = new Map();
  for (const [{ remotePort = 0, bytesWritten, bytesRead }, { writes }] of sockets) {
    const sum = ports.get(remotePort) ?? { writes: 0, sent: 0, received: 0 };
    ports.set(remotePort, {
      writes: sum.writes + writes,
      sent: sum.sent + bytesWritten,
      received: sum.received + bytesRead,
    });
  }
  return { userMs: user / 1000, systemMs: system / 1000, othersMs, logged, ports };
}
