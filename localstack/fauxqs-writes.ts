import { holds } from './fauxqs-groups.ts';

/** What fauxqs keeps its messages with. */
interface Persistence {
  transaction(work: () => void): void;
}

type Handler = (
  call: { readonly Entries?: readonly unknown[] },
  store: { persistence?: Persistence },
  ...rest: readonly unknown[]
) => unknown;

/** The parts of fauxqs that are changed. */
interface Router {
  SqsRouter: { prototype: { register: (action: string, handler: Handler) => void } };
}
interface Store {
  SqsQueue: { prototype: { dequeue: (this: { persistence?: Persistence }, ...given: readonly unknown[]) => unknown } };
}

/** What is done at once, in the turn in which it is asked. */
const BATCHES: ReadonlySet<string> = new Set([
  'SendMessageBatch',
  'DeleteMessageBatch',
  'ChangeMessageVisibilityBatch',
]);
const changed = new WeakSet<object>();

/**
 * fauxqs 2.4 writes each message of a call by itself, which takes several times as long as to write them together, and loses a
 * message if its process is killed between its removal from one queue and its arrival in the dead-letter queue. What one call
 * changes is one transaction here.
 */
export function writeTogether(router: unknown, store: unknown): void {
  if (!holds<Router>(router, 'SqsRouter', 'register') || !holds<Store>(store, 'SqsQueue', 'dequeue')) {
    throw new Error('fauxqs keeps its messages in another way; look at this version.');
  }
  const { prototype: routing } = router.SqsRouter;
  const { prototype: queue } = store.SqsQueue;
  if (changed.has(routing)) return;
  changed.add(routing);

  const { register } = routing;
  routing.register = function registerTogether(action, handler) {
    const together: Handler = (call, kept, ...rest) => {
      const many = (call.Entries?.length ?? 0) > 1;
      return many ? inOne(kept.persistence, () => handler(call, kept, ...rest)) : handler(call, kept, ...rest);
    };
    Reflect.apply(register, this, [action, BATCHES.has(action) ? together : handler]);
  };

  const { dequeue } = queue;
  queue.dequeue = function dequeueTogether(...given) {
    return inOne(this.persistence, () => Reflect.apply(dequeue, this, given));
  };
}

function inOne<T>(persistence: Persistence | undefined, work: () => T): T {
  if (persistence === undefined) return work();
  let done: { answer: T } | undefined;
  persistence.transaction(() => {
    done = { answer: work() };
  });
  if (done === undefined) throw new Error('fauxqs did not do what it was asked');
  return done.answer;
}
