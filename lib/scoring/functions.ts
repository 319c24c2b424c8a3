import type { FunctionRef } from '../catalogue/function-ref.ts';
import { modulePath } from '../catalogue/sources.ts';
import { PermanentError } from '../errors/errors.ts';
import { PyError } from '../python/exceptions.ts';
import type { PyValue } from '../python/value.ts';
import { openSandbox, type SandboxTransport } from '../sandbox/client.ts';
import { type SourceFiles, sourcesOf } from '../sandbox/sources.ts';
import { wheelsFor } from '../sandbox/wheels.ts';

/** Calls Python functions of one task; the harness's own run in a box that is the task's alone. */
export interface ScoringFunctions extends Disposable {
  /**
   * Calls a function once for each document.
   * @returns what it gave for each, or the exception that it raised, in their order
   * @throws PermanentError SandboxFailed naming task, function and document where it can't be run, or runs over its bounds
   */
  call(ref: FunctionRef, documents: readonly (readonly PyValue[])[]): Promise<(PyValue | PyError)[]>;
}

/** What functions are called with. */
export interface FunctionSources {
  readonly transport: SandboxTransport;
  readonly sources: SourceFiles;
}

/** Documents of one request: few, as an answer can be made that takes half a minute (math_verify's time-outs added up). */
const AT_A_TIME = 10;
/** For one request. Milliseconds. */
const CALL_MS = 100_000;
/** For one document: above what math_verify's own time-outs add up to. Milliseconds. */
const DOCUMENT_MS = 60_000;
/** For a task: with one more request, it ends before the function does. Milliseconds. */
const TASK_MS = 180_000;
/** Exceptions that say that the function can't be run here, whatever the document. */
const NOT_HERE = new Set(['Unavailable', 'ModuleNotFoundError', 'ImportError', 'FileNotFoundError']);

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
  return {
    async call(ref, documents) {
      const path = modulePath(ref, sources);
      if (!files.has(path))
        throw failed(task, ref, `is not among the staged modules (${path}); stage the harness again`);
      const results: (PyValue | PyError)[] = [];
      for (let at = 0; at < documents.length; at += AT_A_TIME) {
        if (spent > TASK_MS) throw failed(task, ref, `took longer than the ${TASK_MS / 1000} s that a task may take`);
        const started = Date.now();
        const calls = documents.slice(at, at + AT_A_TIME).map((args) => ({ function: { path, name: ref.name }, args }));
        const given = await session.call(calls);
        spent += Date.now() - started;
        for (const result of given) {
          if ('value' in result) results.push(result.value);
          else if (NOT_HERE.has(result.error)) throw failed(task, ref, `can't be run here: ${result.message}`);
          else results.push(new PyError(`${result.error}: ${result.message}`));
        }
      }
      return results;
    },
    [Symbol.dispose]: () => session.close(),
  };
}

function failed(task: string, { hook }: FunctionRef, what: string): PermanentError {
  return new PermanentError('SandboxFailed', `Task ${task}: the Python function ${hook} ${what}.`, {
    context: { task, function: hook },
  });
}
