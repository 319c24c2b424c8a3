/**
 * `node test/catalogue/read-shapes.ts [part of a name]` prints what time and memory each shape of definitions takes, in a process of
 * its own, beside one that reads nothing. With `--here NAME ...` it is that process, and tells of each as a line of JSON.
 */
import { execFileSync } from 'node:child_process';
import { resolveTasks } from '../../lib/catalogue/resolve.ts';
import { PermanentError } from '../../lib/errors/errors.ts';
import { catalogueOf } from './roots.ts';
import { type Folder, SHAPES } from './shapes.ts';

/** What came of a shape, in the process that read it and maybe others before. */
export interface Took {
  readonly name: string;
  readonly outcome: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most that the process had. */
  readonly megabytes: number;
}

const [first = '', ...names] = process.argv.slice(2);
if (first === '--here') for (const name of names) console.log(JSON.stringify(await read(name)));
else for (const name of ['nothing', ...Object.keys(SHAPES).filter((known) => known.includes(first))]) show(name);

function show(name: string): void {
  const out = execFileSync(process.execPath, [import.meta.filename, '--here', name], { encoding: 'utf8' });
  const { outcome, seconds, cpuSeconds, megabytes }: Took = JSON.parse(out);
  console.log(`${megabytes} MB, ${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of CPU)  ${name}: ${outcome}`);
}

async function read(name: string): Promise<Took> {
  const folder = SHAPES[name]?.() ?? {};
  const [started, before] = [performance.now(), process.cpuUsage()];
  const outcome = await outcomeOf(folder);
  const cpu = process.cpuUsage(before);
  return {
    name,
    outcome,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** Reads the folder and resolves the group `g`, or all names where there is none. */
async function outcomeOf(folder: Folder): Promise<string> {
  if (Object.keys(folder).length === 0) return 'nothing';
  const catalogue = catalogueOf(folder);
  try {
    const tasks = await resolveTasks(catalogue, catalogue.index.has('g') ? 'g' : '*');
    const broken = tasks.filter(({ problem }) => problem !== null);
    return broken[0] ? `${broken.length} of ${tasks.length} refused: ${broken[0].problem?.slice(0, 150)}` : 'read';
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return `refused: ${(catalogue.broken?.[0] ?? error.message).slice(0, 150)}`;
  }
}
