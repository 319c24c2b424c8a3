import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { InstanceData, InstanceReply } from './lambda-instance.ts';

/** A function that can be called as Lambda calls it. */
export interface LocalFunction {
  /**
   * Handles one event in an instance that handles no other at the time; instances are made when needed and kept.
   * Rejects with the handler's error, or when it takes longer than its time-out: the instance is ended then, as on Lambda.
   */
  invoke(event: unknown): Promise<unknown>;
  /** Ends all instances, whatever they are doing. */
  stop(): Promise<void>;
}

/** What to run. */
export interface LocalFunctionOptions extends InstanceData {
  env: Record<string, string>;
  /** Gets each line that the function writes. */
  onLine: (line: string) => void;
}

/** Prepares a bundle to be called; each instance is a thread with its own modules, environment and memory limit. */
export function localFunction(options: LocalFunctionOptions): LocalFunction {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  return {
    async invoke(event) {
      const worker = idle.pop() ?? startInstance(options, all, idle);
      const reply = await handle(worker, event, options);
      idle.push(worker);
      if ('error' in reply) throw Object.assign(new Error(reply.error.message), reply.error);
      return reply.result;
    },
    async stop() {
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

function startInstance(options: LocalFunctionOptions, all: Set<Worker>, idle: Worker[]): Worker {
  const { env, onLine, ...instance } = options;
  const worker = new Worker(new URL('./lambda-instance.ts', import.meta.url), {
    workerData: instance satisfies InstanceData,
    env: { ...env, AWS_LAMBDA_FUNCTION_NAME: instance.functionName, NODE_OPTIONS: '' },
    resourceLimits: { maxOldGenerationSizeMb: instance.memoryMb },
    stdout: true,
    stderr: true,
  });
  createInterface({ input: worker.stdout }).on('line', onLine);
  createInterface({ input: worker.stderr }).on('line', onLine);
  // What ends an instance is reported to whoever waits for it; between events it is merely no longer there.
  worker.on('error', (error) => onLine(`the instance failed: ${error instanceof Error ? error.stack : error}`));
  all.add(worker);
  worker.on('exit', () => {
    all.delete(worker);
    const index = idle.indexOf(worker);
    if (index >= 0) idle.splice(index, 1);
  });
  return worker;
}

function handle(worker: Worker, event: unknown, { functionName, timeoutSeconds }: LocalFunctionOptions) {
  return new Promise<InstanceReply>((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (reply: InstanceReply) => {
      done();
      resolve(reply);
    };
    const onError = (error: unknown) => {
      done();
      reject(error);
    };
    const onExit = () => onError(new Error(`an instance of ${functionName} ended while it handled an event`));
    const timer = setTimeout(() => {
      onError(new Error(`${functionName} timed out after ${timeoutSeconds} seconds`));
      void worker.terminate();
    }, timeoutSeconds * 1000);
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(event);
  });
}
