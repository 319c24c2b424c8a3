/** The operator's commands: `npm run sampler -- <command>`. They work on the stack that the environment, else `.local/env`, names. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { parseArgs } from 'node:util';
import { tasksPage } from '../lib/catalogue/report.ts';
import { stageHarness } from '../lib/catalogue/stage.ts';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { stageDatasets } from '../lib/datasets/stage.ts';
import { SamplerError } from '../lib/errors/errors.ts';
import { Logger } from '../lib/log/log.ts';

const USAGE = `npm run sampler -- stage harness [--wheel FILE]    compiles the harness's task definitions into the bucket
npm run sampler -- stage datasets --from DIR       uploads data sets from a folder in the bucket's layout
npm run sampler -- tasks [--wheel FILE]            writes docs/tasks.md: which tasks can be sampled, and why not the rest

Where to: the variables of .local/env (written by npm start), unless the environment sets them itself.`;

const ROOT = join(import.meta.dirname, '..');
const LOCAL_ENV = join(ROOT, '.local', 'env');

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SamplerError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<number> {
  const [command, what, ...rest] = args;
  if (command === 'tasks') return writeTasksPage(args.slice(1));
  if (command !== 'stage' || (what !== 'harness' && what !== 'datasets')) {
    console.error(USAGE);
    return command === undefined || command === '--help' ? 0 : 2;
  }
  // The environment wins over the file, as everywhere.
  if (!process.env['DATASETS_BUCKET'] && existsSync(LOCAL_ENV)) loadEnvFile(LOCAL_ENV);
  const { values } = parseArgs({ args: rest, options: { wheel: { type: 'string' }, from: { type: 'string' } } });
  const { datasetsBucket: bucket, logLevel } = readConfig(process.env, ['datasetsBucket']);
  const clients = createClients({});
  const log = new Logger(logLevel);
  try {
    if (what === 'harness') {
      const wheelPath = wheelOf(values.wheel);
      console.log(await stageHarness({ s3: clients.s3(), bucket, wheelPath, log }));
    } else {
      if (!values.from) throw new Error('No folder to stage: name one with --from DIR.');
      console.log(await stageDatasets({ s3: clients.s3(), bucket, fromDir: values.from, log }));
    }
    return 0;
  } finally {
    await clients.dispose();
  }
}

async function writeTasksPage(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { wheel: { type: 'string' } } });
  writeFileSync(join(ROOT, 'docs', 'tasks.md'), await tasksPage(wheelOf(values.wheel)));
  return 0;
}

/** The wheel named, else the one that the set-up brought. */
function wheelOf(named: string | undefined): string {
  const wheel = named ?? process.env['SAMPLER_HARNESS_WHEEL'];
  if (wheel) return wheel;
  throw new Error('No wheel: name one with --wheel FILE (pip download --no-deps lm-eval==0.4.9).');
}
