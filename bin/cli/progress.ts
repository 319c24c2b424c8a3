import { SingleBar } from 'cli-progress';
import { counted, currentVerbosity, note } from './output.ts';

/** Without a terminal a line is written this often. */
const LINE_MS = 5_000;
/** Work that is done sooner is not worth a word. */
const PATIENCE_MS = 4_500;

/** How far long work has come, on standard error: a bar on a terminal, else a line now and then. */
export interface Progress {
  /** So much more is done; `total` where it turned out to be another than at first. */
  add(amount: number, total?: number): void;
  /** Removes the bar. */
  stop(): void;
}

/** Starts to show progress. `unit` is what is counted, such as `documents`; bytes are shown as megabytes. */
export function showProgress(label: string, total: number, unit: string): Progress {
  if (currentVerbosity() === 'quiet') return { add() {}, stop() {} };
  return process.stderr.isTTY ? bar(label, total, unit) : lines(label, total, unit);
}

function bar(label: string, total: number, unit: string): Progress {
  const shown = new SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    format: `${label} {bar} {percentage}% {value} of {total}${unit === 'bytes' ? '' : ` ${unit}`}, {eta_formatted} left`,
    formatTime: (seconds) => (Number.isFinite(Number(seconds)) ? readableTime(Number(seconds)) : 'some time'),
    formatValue: (value, _options, type) =>
      unit === 'bytes' && (type === 'value' || type === 'total') ? megabytes(value) : String(value),
  });
  let started = false;
  const start = (of: number) => {
    // A bar of nothing would look like one that is full.
    if (started || of === 0) return;
    started = true;
    shown.start(of, 0);
  };
  start(total);
  return {
    add(amount, newTotal = total) {
      start(newTotal);
      if (newTotal !== shown.getTotal()) shown.setTotal(newTotal);
      shown.increment(amount);
    },
    stop: () => shown.stop(),
  };
}

function lines(label: string, firstTotal: number, unit: string): Progress {
  let done = 0;
  let total = firstTotal;
  let told = Date.now();
  const text = (value: number) => (unit === 'bytes' ? megabytes(value) : `${value}`);
  return {
    add(amount, newTotal) {
      done += amount;
      total = newTotal ?? total;
      // That nothing is done yet is told by whoever knows why.
      if (done === 0 || Date.now() - told < LINE_MS) return;
      told = Date.now();
      const of = unit === 'bytes' ? text(total) : counted(total, unit.replace(/s$/, ''));
      note(`${label}: ${text(done)} of ${of}`);
    },
    stop() {},
  };
}

/** Says what is going on where work takes longer than a moment, and again every five seconds, as long as that is needed. */
export async function withPatience<T>(doing: string, work: Promise<T>, needed = () => true): Promise<T> {
  const started = Date.now();
  const say = () => needed() && note(`${doing} ... ${Math.round((Date.now() - started) / 1000)} s`);
  let pulse: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    say();
    pulse = setInterval(say, LINE_MS);
  }, PATIENCE_MS);
  try {
    return await work;
  } finally {
    clearTimeout(first);
    clearInterval(pulse);
  }
}

function readableTime(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
