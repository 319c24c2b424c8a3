import { SingleBar } from 'cli-progress';
import { note } from './output.ts';

/** Without a terminal a line is written this often. */
const LINE_MS = 5_000;

/** How far long work has come, on standard error: a bar on a terminal, else a line now and then. */
export interface Progress {
  /** So much more is done; `total` where it turned out to be another than at first. */
  add(amount: number, total?: number): void;
  /** Removes the bar. */
  stop(): void;
}

/** Starts to show progress. `unit` is what is counted, such as `documents`; bytes are shown as megabytes. */
export function showProgress(label: string, total: number, unit: string): Progress {
  return process.stderr.isTTY ? bar(label, total, unit) : lines(label, total, unit);
}

function bar(label: string, total: number, unit: string): Progress {
  const shown = new SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    format: `${label} {bar} {percentage}% {value} of {total}${unit === 'bytes' ? '' : ` ${unit}`}, {eta_formatted} left`,
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
      if (Date.now() - told < LINE_MS) return;
      told = Date.now();
      note(`${label}: ${text(done)} of ${text(total)}${unit === 'bytes' ? '' : ` ${unit}`}`);
    },
    stop() {},
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
