import { type Instance, type InstanceOptions, startInstance } from './instance-process.ts';

/** A function that can be called as Lambda calls it. */
export interface LocalFunction {
  /**
   * Handles one event in an instance that handles no other at the time; instances are made when needed and kept.
   * @throws the handler's error by its name, message and stack.
   * @throws InstanceEndedError the instance ended: by itself, or as it took more time or memory than it may. The next event
   * gets a new one.
   */
  invoke(event: unknown): Promise<unknown>;
  /** Ends all instances, whatever they are doing. */
  stop(): Promise<void>;
}

/** What to run, and within which limits. */
export type LocalFunctionOptions = InstanceOptions;

/**
 * Prepares a bundle to be called. Each instance is a process with its own environment, time-out and memory limit, so that
 * nothing that happens in it touches another one or whoever calls.
 */
export function localFunction(options: LocalFunctionOptions): LocalFunction {
  const idle: Instance[] = [];
  const all = new Set<Instance>();

  function take(): Instance {
    for (let instance = idle.pop(); instance; instance = idle.pop()) {
      if (instance.alive) return instance;
      all.delete(instance);
    }
    const started = startInstance(options);
    all.add(started);
    return started;
  }

  return {
    async invoke(event) {
      const instance = take();
      const reply = await instance.handle(event).catch((error) => {
        all.delete(instance);
        throw error;
      });
      idle.push(instance);
      if ('error' in reply) throw Object.assign(new Error(reply.error.message), reply.error);
      return reply.result;
    },
    async stop() {
      await Promise.all([...all].map((instance) => instance.kill()));
    },
  };
}
