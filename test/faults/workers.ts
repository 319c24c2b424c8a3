import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { WorkerOrders } from './worker.ts';

/** A process that works on messages. */
export interface Worker {
  /** Resolves when it begins with batch number `count` (from 1), or ends before. */
  begins(count: number): Promise<void>;
  readonly ended: Promise<void>;
  /** Ends it at once with SIGKILL; false where it was over already. */
  kill(): boolean;
  /** Lets it finish what it has, and ends it. */
  stop(): Promise<void>;
}

/** Starts processes and keeps the last lines that they wrote. */
export class Workers {
  readonly #orders: readonly WorkerOrders[];
  readonly #env: Record<string, string>;
  readonly #all = new Set<Worker>();
  readonly lines: string[] = [];

  constructor(orders: readonly WorkerOrders[], env: Record<string, string>) {
    this.#orders = orders;
    this.#env = env;
  }

  /** Starts one that runs these functions. `env` overrides what all have. */
  start(functions: readonly string[], env: Record<string, string> = {}): Worker {
    const orders = this.#orders.filter(({ name }) => functions.includes(name));
    const child = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts'), JSON.stringify(orders)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...this.#env, ...env, PATH: process.env['PATH'] },
    });
    const ended = once(child, 'exit').then(() => {});
    const worker: Worker = {
      async begins(count) {
        const begun = new Promise<void>((resolve) => {
          let batches = 0;
          child.on('message', () => ++batches === count && resolve());
        });
        await Promise.race([begun, ended]);
      },
      ended,
      kill: () => child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'),
      async stop() {
        if (child.connected) child.disconnect();
        await ended;
      },
    };
    this.#listen(child);
    this.#all.add(worker);
    void ended.then(() => this.#all.delete(worker));
    return worker;
  }

  /** Lets all of them finish and ends them. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.stop()));
  }

  #listen(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        if (this.lines.length > 2000) this.lines.splice(0, 1000);
      });
    }
  }
}
