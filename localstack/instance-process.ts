import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endWithThisProcess } from './end-with-this-process.ts';
import type { InstanceData, InstanceReply } from './lambda-instance.ts';

/** How an instance ended, by the names that Lambda has for it. */
export type EndName = 'Sandbox.Timedout' | 'Runtime.OutOfMemory' | 'Runtime.ExitError';

/** An instance ended before it answered. */
export class InstanceEndedError extends Error {
  override readonly name: EndName;
  constructor(name: EndName, message: string) {
    super(message);
    this.name = name;
  }
}

/** What to run. */
export interface InstanceOptions extends InstanceData {
  env: Readonly<Record<string, string>>;
  /** Options of Node, as NODE_OPTIONS gives them on Lambda. */
  nodeOptions?: readonly string[];
  /** Gets each line that the function writes. */
  onLine: (line: string) => void;
}

/** One instance of a function, in a process of its own. */
export interface Instance {
  /**
   * Handles one event; call it for one at a time. Resolves with what the handler made of it.
   * @throws InstanceEndedError the process ended instead: by itself, or since it took more time or memory than it may.
   */
  handle(event: unknown): Promise<Exclude<InstanceReply, { ready: true }>>;
  readonly alive: boolean;
  /** Ends the process, whatever it is doing. */
  kill(): Promise<void>;
}

/** A bundle is loaded within this time, or never; Lambda gives ten seconds, on machines that do nothing else. */
const START_SECONDS = 60;
/** How often an instance in work is weighed. */
const WEIGH_MS = 100;
/** The part of its memory that a function's heap may have; the rest is for buffers and for Node itself. */
const HEAP_PART = 0.8;
const PAGE_BYTES = 4096;
const MB = 1024 ** 2;

/** Starts a process with its own environment, memory limit and priority to be ended; returns at once. */
export function startInstance(options: InstanceOptions): Instance {
  const { env, onLine, nodeOptions = [], ...data } = options;
  const heap = `--max-old-space-size=${Math.floor(data.memoryMb * HEAP_PART)}`;
  const child = fork(new URL('./lambda-instance.ts', import.meta.url), [JSON.stringify(data)], {
    env: { ...env, AWS_LAMBDA_FUNCTION_NAME: data.functionName },
    execArgv: [heap, ...nodeOptions],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C in the terminal is for the stack, which then ends its functions in its own order.
    detached: true,
  });
  endWithThisProcess(child);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
  const exited = once(child, 'exit').catch(() => {});
  const ready = answer(child, options, START_SECONDS);
  // Reported to whoever waits for the first event.
  ready.catch(() => {});
  return {
    async handle(event) {
      const started = await ready;
      if ('error' in started) {
        child.kill('SIGKILL');
        return started;
      }
      child.send({ event }, () => {});
      const reply = await answer(child, options, data.timeoutSeconds);
      if ('ready' in reply) throw new Error(`${data.functionName} answered out of turn`);
      return reply;
    },
    get alive() {
      return !child.killed && child.exitCode === null && child.signalCode === null;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The next thing that the process says, within its time and its memory. */
function answer(
  child: ChildProcess,
  { functionName, memoryMb }: InstanceData,
  seconds: number,
): Promise<InstanceReply> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(time);
      clearInterval(memory);
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
    };
    const fail = (name: EndName, what: string) => {
      done();
      child.kill('SIGKILL');
      reject(new InstanceEndedError(name, `${functionName} ${what}`));
    };
    const tooLarge = () => fail('Runtime.OutOfMemory', `took more than its ${memoryMb} MB of memory and was ended`);
    const time = setTimeout(
      () => fail('Sandbox.Timedout', `timed out after ${seconds} seconds and was ended`),
      seconds * 1000,
    );
    const memory = setInterval(() => {
      if (residentMb(child.pid) > memoryMb) tooLarge();
    }, WEIGH_MS);
    const onMessage = (reply: InstanceReply) => {
      done();
      resolve(reply);
    };
    const onError = (error: Error) => fail('Runtime.ExitError', `could not be started: ${error.message}`);
    const onExit = (code: number | null, signal: string | null) => {
      // So V8 ends a process whose heap is full.
      if (signal === 'SIGABRT' || code === 134) return tooLarge();
      fail('Runtime.ExitError', `ended while it handled an event (${signal ?? `exit code ${code}`})`);
    };
    child.on('message', onMessage).on('exit', onExit).on('error', onError);
    if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode);
  });
}

/** The memory of a process that is its own: without what it shares with others, such as Node's program. 0 where it is gone. */
function residentMb(pid: number | undefined): number {
  try {
    const [, resident, shared] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ').map(Number);
    return (((resident ?? 0) - (shared ?? 0)) * PAGE_BYTES) / MB;
  } catch {
    return 0;
  }
}
