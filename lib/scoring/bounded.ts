import { isNativeError } from 'node:util/types';
import { createContext, Script } from 'node:vm';
import { PyError, PyOverBounds } from '../python/exceptions.ts';

/** For one document: regular expressions can be led to look at an answer for hours. Milliseconds. */
const DOCUMENT_MS = 5000;
/** For the documents of a task that take that long, together; the rest of them has less. Milliseconds. */
const TASK_MS = 300_000;
const LATE_MS = 20;
/** Works are watched over together for so long, as to begin watching takes time as well. */
const SLICE_MS = 50;

const place = { run: () => {} };
const context = createContext(place);
const script = new Script('run()');

/** Does the work of documents without waiting for one forever. What V8 does, a regular expression too, can be ended from outside only. */
export class Bounded {
  #spent = 0;

  /** Does each work, none of them twice; an exception is its own only, and one that takes too long is given up. */
  each<T>(works: readonly (() => T)[]): (T | PyError)[] {
    const outcomes: (T | PyError)[] = [];
    while (outcomes.length < works.length) {
      const limit = this.#spent > TASK_MS ? LATE_MS : DOCUMENT_MS;
      let begun = -1;
      const inTime = within(SLICE_MS + limit, () => {
        const end = performance.now() + SLICE_MS;
        for (let work = works[outcomes.length]; work !== undefined; work = works[outcomes.length]) {
          begun = outcomes.length;
          outcomes.push(attempt(work));
          if (performance.now() > end) return;
        }
      });
      if (inTime || begun !== outcomes.length) continue;
      this.#spent += limit;
      outcomes.push(new PyOverBounds(`it takes more than ${limit} ms to score`));
    }
    return outcomes;
  }
}

/** Whether the work came to an end in time. */
function within(ms: number, work: () => void): boolean {
  place.run = work;
  try {
    script.runInContext(context, { timeout: ms });
    return true;
  } catch (error) {
    // It is an error of the other context, whose classes are not ours.
    if (isNativeError(error) && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  } finally {
    place.run = () => {};
  }
}

function attempt<T>(run: () => T): T | PyError {
  try {
    return run();
  } catch (error) {
    if (error instanceof PyError) return error;
    // A regular expression that has run out of its stack, as after many million characters.
    if (error instanceof RangeError) return new PyOverBounds(error.message);
    throw error;
  }
}
