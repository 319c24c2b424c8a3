import { holds } from './fauxqs-groups.ts';
import type { AnswerCall } from './queue-calls.ts';

type Handler = (call: object, store: unknown) => unknown;

interface Routing {
  readonly store: unknown;
  register(this: Routing, action: string, handler: Handler): void;
}
interface Router {
  SqsRouter: { prototype: Routing };
}

/** What answers each action, by the router that was told of it. */
const known = new WeakMap<object, Map<string, Handler>>();
const changed = new WeakSet<object>();
let latest: Routing | undefined;

/** Notes what fauxqs answers calls with, wherever one is made from now on. Call it before anything else changes how it answers. */
export function noteAnswers(router: unknown): void {
  if (!holds<Router>(router, 'SqsRouter', 'register')) {
    throw new Error('fauxqs answers calls in another way; look at this version.');
  }
  const { prototype: routing } = router.SqsRouter;
  if (changed.has(routing)) return;
  changed.add(routing);
  const { register } = routing;
  routing.register = function registerAndNote(action, handler) {
    latest = this;
    const handlers = known.get(this) ?? new Map<string, Handler>();
    known.set(this, handlers.set(action, handler));
    Reflect.apply(register, this, [action, handler]);
  };
}

/** Answers calls to the fauxqs that was made last, by what answers those that come over a connection; undefined where none was made. */
export function answersOfLatest(): AnswerCall | undefined {
  const router = latest;
  latest = undefined;
  const handlers = router && known.get(router);
  if (handlers === undefined) return undefined;
  return async (action, input) => {
    const handler = handlers.get(action);
    if (handler === undefined) throw new Error(`fauxqs knows no ${action}`);
    return handler(input, router?.store);
  };
}
