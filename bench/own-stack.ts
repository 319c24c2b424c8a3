import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { peopleConsole } from '../localstack/console.ts';
import { type LocalService, ROOT, runLocally } from '../localstack/local.ts';
import { runsWith } from '../localstack/processes.ts';
import { MARKS_FILE } from './timeline.ts';

/** Where stacks of benches keep their data, a folder for each run. */
const DIR = join(ROOT, '.cache', 'bench');
/** What the command line of every run contains. */
const MARKER = 'bench';

/**
 * A stack that nobody else uses and that nothing stays of: what a person has in `.local/` is neither read nor changed.
 * BENCH_INSTANCES says how many instances each function has at most; as many as `npm start` has where it is not set.
 */
export async function startOwnStack(say: (line: string) => void): Promise<LocalService> {
  removeLeftBehind();
  const dir = join(DIR, String(process.pid));
  // What people see of each request costs the stack something, and is made here for nobody.
  const shown = peopleConsole(() => {}, false);
  const instances = Number(process.env['BENCH_INSTANCES'] ?? 0);
  const marks = join(dir, 'marks');
  const hook = pathToFileURL(join(import.meta.dirname, 'timeline-hook.mjs'));
  hook.searchParams.set('to', marks);
  const service = await runLocally({
    dir,
    nodeOptions: [`--import=${hook}`],
    fresh: true,
    say,
    ...(instances > 0 ? { concurrency: instances } : {}),
    onFunctionLine: (name, line) => shown.take(name, line),
  });
  return {
    ...service,
    env: { ...service.env, [MARKS_FILE]: marks },
    async stop() {
      await service.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The folders of runs that were killed. */
function removeLeftBehind(): void {
  mkdirSync(DIR, { recursive: true });
  for (const name of readdirSync(DIR)) {
    const pid = Number.parseInt(name, 10);
    if (!runsWith(pid, MARKER)) rmSync(join(DIR, name), { recursive: true, force: true });
  }
}
