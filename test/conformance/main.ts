/**
 * `npm run conformance`: all conformance tests. `npm run conformance -- KIND [DIR]`: compares what is in a folder with what
 * is expected of it, file by file. Ends with 1 where something differs, with 2 where it can't be run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A program that compares a folder; each stands in a file of its own next to this one. */
export interface ConformanceProgram {
  /** Prints what differs, then totals. Gives whether nothing does. */
  conformance(dir: string): Promise<boolean>;
}

interface Kind {
  /** Where its files are unless a folder is named; below `../shared`. */
  readonly folder: string;
  readonly load: () => Promise<ConformanceProgram>;
}

const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared');
const KINDS: Readonly<Record<string, Kind>> = {
  evaluate: { folder: 'golden-evaluate', load: () => import('./evaluate.ts') },
  hooks: { folder: 'golden-hooks', load: () => import('./hooks.ts') },
  parquet: { folder: join('data', 'parquet-testing'), load: () => import('./parquet.ts') },
};

process.exitCode = await main(process.argv.slice(2));

async function main([name, dir, ...others]: string[]): Promise<number> {
  if (name === undefined || name.startsWith('-')) return await tests(process.argv.slice(2));
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined || others.length > 0) {
    console.error(`usage: npm run conformance [-- <${Object.keys(KINDS).join(' | ')}> [DIR]]`);
    return 2;
  }
  const folder = dir === undefined ? join(SHARED, kind.folder) : resolve(process.env['INIT_CWD'] ?? '', dir);
  if (!existsSync(folder)) {
    console.error(`${folder} is not there. Name the folder: npm run conformance -- ${name} DIR`);
    return 2;
  }
  const { conformance } = await kind.load();
  try {
    return (await conformance(folder)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NothingToCompare') throw error;
    console.error(error.message);
    return 2;
  }
}

async function tests(options: string[]): Promise<number> {
  const child = spawn('vitest', ['run', 'test/conformance', ...options], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}
