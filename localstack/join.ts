import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { LOCAL_DIR, type LocalOptions, runLocally } from './local.ts';
import { AlreadyRunningError } from './run-lock.ts';

/** The stack that somebody runs here, or one that is started now and ended by `stop`. */
export async function startOrJoin(
  options: LocalOptions,
): Promise<{ env: Record<string, string>; stop: () => Promise<void> }> {
  try {
    return await runLocally(options);
  } catch (error) {
    if (!(error instanceof AlreadyRunningError) || !existsSync(join(LOCAL_DIR, 'ready'))) throw error;
    options.say('npm start is running; using it');
    return { env: readRunning(), stop: async () => {} };
  }
}

/** The variables of the service that runs. */
function readRunning(): Record<string, string> {
  const entries = Object.entries(parseEnv(readFileSync(join(LOCAL_DIR, 'env'), 'utf8')));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}
