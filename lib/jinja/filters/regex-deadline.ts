/**
 * Regular expressions with a time limit. JavaScript's engine backtracks, so that short patterns can run for years; the only
 * thing that stops one inside a thread is V8's own time limit on a script.
 */
import { createContext, Script } from 'node:vm';
import { limitFault } from '../fault.ts';

const TIMEOUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT';
const script = new Script('work()');
const sandbox: { work: () => unknown } = { work: () => undefined };
let context: ReturnType<typeof createContext> | undefined;

/** What may take how long. */
export interface Deadline {
  /** What one expression may take, in milliseconds. */
  readonly limit: number;
  /** What is left for the whole rendering, in milliseconds. */
  readonly left: number;
  /** For the message. */
  readonly pattern: string;
}

/** Longer patterns are cut in messages. */
const SHOWN_CHARS = 80;

/** @throws Fault `limit` where the work takes longer, naming the pattern and which limit it met; what the work throws otherwise */
export function withDeadline({ limit, left, pattern }: Deadline, work: () => string): string {
  context ??= createContext(sandbox);
  let result = '';
  sandbox.work = () => {
    result = work();
  };
  const timeout = Math.max(1, Math.ceil(Math.min(limit, left)));
  try {
    script.runInContext(context, { timeout });
  } catch (error) {
    // The error is of the other context's own class.
    const isTimeout = typeof error === 'object' && error !== null && 'code' in error && error.code === TIMEOUT;
    if (isTimeout) {
      const shown = pattern.length > SHOWN_CHARS ? `${pattern.slice(0, SHOWN_CHARS)}...` : pattern;
      const which = limit <= left ? 'which is the limit for one' : 'which was all that is left for this rendering';
      throw limitFault(`a regular expression took more than ${timeout} ms, ${which}: "${shown}"`);
    }
    throw error;
  }
  return result;
}
