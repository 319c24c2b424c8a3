import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { runsWith } from './processes.ts';

/** What the command line of every owner of the lock contains. */
const MARKER = 'localstack/';

/** The stack of this folder is running already. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
}

/**
 * Makes this process the only one that runs the stack of a folder. Returns what gives the lock back; a lock whose owner
 * died does not count. Throws AlreadyRunningError, which names the owner.
 */
export function takeRunLock(file: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  const owner = readOwner(file);
  if (owner !== undefined) {
    throw new AlreadyRunningError(
      `The local stack runs already (process ${owner}). ` +
        `Use that one (its variables are in .local/env), or end it first: Ctrl-C in its terminal, or kill ${owner}.`,
    );
  }
  writeFileSync(file, String(process.pid));
  return () => {
    if (readOwner(file) === process.pid) rmSync(file, { force: true });
  };
}

function readOwner(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return runsWith(pid, MARKER) ? pid : undefined;
  } catch {
    return undefined;
  }
}
