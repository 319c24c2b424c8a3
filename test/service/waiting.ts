import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningFunctions } from '../helpers/functions.ts';

/** What 200 requests take on a busy machine. */
const PATIENCE_MS = 100_000;

/** Looks until there is something. @throws Error with what the functions logged last, where there never is */
export async function waitFor<T>(functions: RunningFunctions, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited in vain; last lines:\n${functions.lines.slice(-8).join('\n')}`);
    await sleep(50);
  }
}
