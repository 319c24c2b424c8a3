import type { FunctionRef } from '../catalogue/function-ref.ts';
import { modulePath } from '../catalogue/sources.ts';
import { PermanentError } from '../errors/errors.ts';
import { PyError } from '../python/exceptions.ts';
import type { PyValue } from '../python/value.ts';
import { type FunctionCall, type FunctionResult, openSandbox, type SandboxTransport } from '../sandbox/client.ts';
import { type SourceFiles, sourcesOf } from '../sandbox/sources.ts';
import { wheelsFor } from '../sandbox/wheels.ts';
import type { CallPython, PythonCall } from './python-call.ts';

/** Calls Python functions of one task; the harness's own run in a box that is the task's alone. */
export interface ScoringFunctions extends Disposable {
  /**
   * Makes calls and gives what came of each: its value, or the exception that it raised. One that runs over its bounds, or ends
   * its box, is an exception of its own document; the others are called again without it.
   * @throws PermanentError SandboxFailed naming task and function where a function can't be run here
   */
  readonly call: CallPython;
}

/** What functions are called with. */
export interface FunctionSources {
  readonly transport: SandboxTransport;
  readonly sources: SourceFiles;
}

/** Calls of the first request; later ones hold as many as fit into its time, going by those before. */
const FIRST = 10;
const MOST = 1000;
/** What a request shall take, so that little is done again where one of its calls ends the box. Milliseconds. */
const REQUEST_MS = 2000;
/** For one request. Milliseconds. */
const CALL_MS = 100_000;
/** For one call: above what math_verify's own time-outs add up to. Milliseconds. */
const DOCUMENT_MS = 60_000;
/** For a task: with one more request, it ends before the function does. Milliseconds. */
const TASK_MS = 600_000;
/** Exceptions that say that the function can't be run here, whatever the document. */
const NOT_HERE = new Set(['Unavailable', 'ModuleNotFoundError', 'ImportError', 'FileNotFoundError']);
/** Ends of a box that a call brings about; what else goes wrong is no call's fault. */
const OF_A_CALL = new Set<unknown>([
  'document over time',
  'call over time',
  'ended',
  'answer too long',
  'too much',
  'broken',
  'unreadable',
]);

/** Opens a box for a task's functions. Nothing is sent before the first call. */
export function openFunctions(
  task: string,
  refs: readonly FunctionRef[],
  { transport, sources }: FunctionSources,
): ScoringFunctions {
  const files = sourcesOf(
    refs.map((ref) => modulePath(ref, sources)),
    sources,
  );
  const session = openSandbox(transport, {
    task,
    files,
    wheels: wheelsFor(files),
    callMs: CALL_MS,
    documentMs: DOCUMENT_MS,
  });
  let spent = 0;
  let size = FIRST;
  const forSandbox = ({ ref, kind, args, kwargs }: PythonCall): FunctionCall => {
    const path = modulePath(ref, sources);
    if (!files.has(path)) throw failed(task, ref, `is not among the staged modules (${path}); stage the harness again`);
    return { function: { path, name: ref.name }, kind, args, ...(kwargs === undefined ? {} : { kwargs }) };
  };
  const request = async (calls: readonly FunctionCall[]): Promise<(FunctionResult | PyError)[]> => {
    if (spent > TASK_MS) {
      return calls.map(() => new PyError(`the answers before took the ${TASK_MS / 1000} s that a task may take`));
    }
    const started = Date.now();
    try {
      return await session.call(calls);
    } catch (error) {
      if (!(error instanceof PermanentError) || !OF_A_CALL.has(error.context['end'])) throw error;
      if (calls.length === 1) return [new PyError(error.message)];
    } finally {
      const took = Date.now() - started;
      spent += took;
      size = Math.min(MOST, Math.max(1, Math.floor((calls.length * REQUEST_MS) / Math.max(1, took))), 4 * size);
    }
    const alone: (FunctionResult | PyError)[] = [];
    for (const call of calls) alone.push(...(await request([call])));
    return alone;
  };
  const outcomeOf = (result: FunctionResult | PyError, { ref, dispensable }: PythonCall): PyValue | PyError => {
    if (result instanceof PyError) return result;
    if ('value' in result) return result.value;
    if (NOT_HERE.has(result.error) && !dispensable) throw failed(task, ref, `can't be run here: ${result.message}`);
    return new PyError(`${result.error}: ${result.message}`);
  };
  return {
    async call(calls) {
      const outcomes: (PyValue | PyError)[] = [];
      while (outcomes.length < calls.length) {
        const portion = calls.slice(outcomes.length, outcomes.length + size);
        const given = await request(portion.map(forSandbox));
        outcomes.push(
          ...portion.map((call, i) => outcomeOf(given[i] ?? new PyError('nothing came of the call'), call)),
        );
      }
      return outcomes;
    },
    [Symbol.dispose]: () => session.close(),
  };
}

function failed(task: string, { hook }: FunctionRef, what: string): PermanentError {
  return new PermanentError('SandboxFailed', `Task ${task}: the Python function ${hook} ${what}.`, {
    context: { task, function: hook },
  });
}
