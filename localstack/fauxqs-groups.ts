/** A message as fauxqs keeps it. */
interface Kept {
  readonly body: string;
  messageGroupId?: string | undefined;
}

/** A message as a sender describes it. */
interface Sent {
  readonly MessageBody?: string;
  readonly MessageGroupId?: string;
}

type SendHandler = (call: Sent & { readonly Entries?: readonly Sent[] }, ...rest: readonly unknown[]) => unknown;

/** The parts of fauxqs that are changed. */
interface Router {
  SqsRouter: { prototype: { register: (action: string, handler: SendHandler) => void } };
}
interface Store {
  SqsQueue: { prototype: { enqueue: (message: Kept) => void } };
}

const SENDING: ReadonlySet<string> = new Set(['SendMessage', 'SendMessageBatch']);
const changed = new WeakSet<object>();

/**
 * fauxqs 2.4 forgets the group of a message that is sent to a queue without order; SQS keeps it, and tells it whoever receives the
 * message. It is kept here as the message comes into its queue, which is in the same turn as its call is taken.
 */
export function keepGroups(router: unknown, store: unknown): void {
  if (!holds<Router>(router, 'SqsRouter', 'register') || !holds<Store>(store, 'SqsQueue', 'enqueue')) {
    throw new Error('fauxqs takes messages in another way; look at this version.');
  }
  const { prototype: routing } = router.SqsRouter;
  const { prototype: queue } = store.SqsQueue;
  if (changed.has(routing)) return;
  changed.add(routing);
  let taken: Sent[] = [];

  const { register } = routing;
  routing.register = function registerKeepingGroups(action, handler) {
    const keeping: SendHandler = (call, ...rest) => {
      taken = [...(call.Entries ?? [call])];
      const answer = handler(call, ...rest);
      taken = [];
      return answer;
    };
    Reflect.apply(register, this, [action, SENDING.has(action) ? keeping : handler]);
  };

  const { enqueue } = queue;
  queue.enqueue = function enqueueWithGroup(message) {
    const at = taken.findIndex(({ MessageBody }) => MessageBody === message.body);
    const [sent] = at < 0 ? [] : taken.splice(at, 1);
    message.messageGroupId ??= sent?.MessageGroupId;
    Reflect.apply(enqueue, this, [message]);
  };
}

/** Whether a module holds a class with a method of that name. */
export function holds<Module>(module: unknown, name: string, method: string): module is Module {
  const found: unknown = typeof module === 'object' && module !== null ? Reflect.get(module, name) : undefined;
  return typeof found === 'function' && typeof Reflect.get(found.prototype, method) === 'function';
}
