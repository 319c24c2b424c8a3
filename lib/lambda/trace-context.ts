import { AsyncLocalStorage } from 'node:async_hooks';

/** Values by name. */
type Context = Map<string, unknown>;

/**
 * What X-Ray's SDK keeps of the trace along a chain of calls. The bundles have it in place of the package `cls-hooked`
 * (`alias` in serverless.yml), which listens to each promise that a process makes: that took a third of the processor time of a
 * small request. Node's own storage costs next to nothing.
 */
class TraceNamespace {
  readonly #storage = new AsyncLocalStorage<Context>();
  /** Of calls that no other context is around: an instance works on one event at a time, and finds here what was entered when it started. */
  #base: Context | undefined;

  /** The value in this chain of calls. */
  get(key: string): unknown {
    return this.#current()?.get(key);
  }

  /** Changes the value for this context and what is called in it. @throws Error outside of any */
  set<Value>(key: string, value: Value): Value {
    const context = this.#current();
    if (context === undefined) throw new Error('No context available. ns.run() must be called first.');
    context.set(key, value);
    return value;
  }

  /** Calls `work` in a context of its own, whose values begin as those around it. */
  run(work: (context: Context) => void): Context {
    const context = this.createContext();
    this.#storage.run(context, work, context);
    return context;
  }

  /** As {@link run}; gives what `work` gives. */
  runAndReturn<Result>(work: (context: Context) => Result): Result {
    const context = this.createContext();
    return this.#storage.run(context, work, context);
  }

  /** Makes a context that of the process. */
  enter(context: Context): void {
    this.#base = context;
  }

  /** A context whose values begin as those around it. */
  createContext(): Context {
    return new Map(this.#current());
  }

  #current(): Context | undefined {
    return this.#storage.getStore() ?? this.#base;
  }
}

const namespaces = new Map<string, TraceNamespace>();

/** Makes the namespace of that name anew. */
export function createNamespace(name: string): TraceNamespace {
  const made = new TraceNamespace();
  namespaces.set(name, made);
  return made;
}

/** The namespace of that name, if it was made. */
export function getNamespace(name: string): TraceNamespace | undefined {
  return namespaces.get(name);
}

/** Forgets the namespace of that name. */
export function destroyNamespace(name: string): void {
  namespaces.delete(name);
}
