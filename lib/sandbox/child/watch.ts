/**
 * A thread of the box's process: tells the parent, who can't look into it, which document is in work, as often as that
 * changes, ends a box that takes too much memory, and rings Python's alarms; bundled to `watch.cjs` of the image. The thread that runs Python can't do so while it runs.
 */
import { writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/** How often is looked, in milliseconds. */
const EVERY_MS = 100;

/**
 * Memory of the process, in bytes. Python's own has a limit, as have objects of JavaScript; what these point to has none: files
 * that Python writes lie there, and copies of its bytes. A full Python with a long answer takes less than this.
 */
const MAX_RESIDENT = 1_200_000_000;

/** The number that an alarm rings with. */
const SIGALRM = 14;
const parent = process.ppid;
let seen = -1;

/** What Python's thread tells, and is told (`lib/sandbox/context/main.ts`). */
interface Watched {
  /** Document, count of its changes, signal for Python, function. */
  readonly beat: Int32Array;
  /** When Python's alarm is due. */
  readonly due: BigInt64Array;
}

/** The alarm that was seen last, how long it was to take from then on, and what the process had used by then. */
let alarm = { due: 0n, ms: 0, cpu: 0 };

/**
 * Rings an alarm that is due by the clock and by the time that the process had a processor: on a busy machine as much work is
 * done before as on an idle one. After three times as long it rings all the same.
 */
function ring({ beat, due }: Watched): void {
  const next = Atomics.load(due, 0);
  if (next !== alarm.due) alarm = { due: next, ms: Number(next) - Date.now(), cpu: cpuMs() };
  if (next === 0n) return;
  const late = Date.now() - Number(next);
  if (late < 0 || (cpuMs() - alarm.cpu < alarm.ms && late < 2 * alarm.ms)) return;
  Atomics.compareExchange(due, 0, next, 0n);
  Atomics.store(beat, 2, SIGALRM);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function watch(watched: Watched): void {
  const { beat } = watched;
  setInterval(() => {
    // Nobody is left who would end an endless loop.
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
    if (process.memoryUsage.rss() > MAX_RESIDENT) {
      tell('memory');
      process.kill(process.pid, 'SIGKILL');
    }
    ring(watched);
    const count = Atomics.load(beat, 1);
    if (count === seen) return;
    seen = count;
    tell(`${Atomics.load(beat, 0)} ${Atomics.load(beat, 3)}`);
  }, EVERY_MS);
}

function tell(line: string): void {
  try {
    // The third pipe is the watcher's own: a line each.
    writeSync(3, `${line}\n`);
  } catch {
    // A full pipe has newer lines than anybody has read.
  }
}

parentPort?.once('message', (given: unknown) => {
  if (!(given instanceof SharedArrayBuffer)) throw new Error('the watcher got nothing to watch');
  watch({ beat: new Int32Array(given, 0, 4), due: new BigInt64Array(given, 16, 1) });
});
parentPort?.postMessage('ready to watch');
