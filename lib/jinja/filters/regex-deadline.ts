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

/** @throws Fault `limit` where the work takes longer; what the work throws otherwise */
export function withDeadline(milliseconds: number, work: () => string): string {
  context ??= createContext(sandbox);
  let result = '';
  sandbox.work = () => {
    result = work();
  };
  const timeout = Math.max(1, Math.ceil(milliseconds));
  try {
    script.runInContext(context, { timeout });
  } catch (error) {
    // The error is of the other context's own class.
    const isTimeout = typeof error === 'object' && error !== null && 'code' in error && error.code === TIMEOUT;
    if (isTimeout) {
      throw limitFault(`a regular expression took more than ${timeout} ms`);
    }
    throw error;
  }
  return result;
}
