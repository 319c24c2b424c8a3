/** A client that is made when first asked for, once, and can be closed. */
export interface Lazy<T> {
  /** The client; the same one each time until `dispose`. */
  get(): T;
  /** Closes it if it was made. Can be called more than once; `get` makes a new one afterwards. */
  dispose(): Promise<void>;
}

/** Puts off making a client until it is needed: a function that never asks for a database never connects to it. */
export function lazy<T>(make: () => T, close: (client: T) => Promise<void> | void): Lazy<T> {
  let made: { client: T } | undefined;
  return {
    get() {
      made ??= { client: make() };
      return made.client;
    },
    async dispose() {
      const closing = made;
      made = undefined;
      if (closing !== undefined) await close(closing.client);
    },
  };
}
