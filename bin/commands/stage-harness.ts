import { Command } from 'commander';
import * as z from 'zod';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { openCatalogue } from '../../lib/catalogue/catalogue.ts';
import { catalogueIn } from '../../lib/catalogue/staging/kept-wheel.ts';
import { type IncludeSummary, readLocalInclude, stageInclude } from '../../lib/catalogue/staging/local-include.ts';
import { type StageSummary, stageHarness } from '../../lib/catalogue/staging/stage.ts';
import { commonShape } from '../../lib/messages/register.ts';
import { harnessOf, wheelPath } from '../cli/catalogue.ts';
import { UsageError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { requireLoadable } from '../cli/loadable.ts';
import { jsonOption, nameAndFolder, optionsOf, repeatable, withJson } from '../cli/options.ts';
import { counted, note, print } from '../cli/output.ts';
import { withPatience } from '../cli/progress.ts';
import { withSession } from '../cli/session.ts';

/** `sampler stage harness`: compiles the wheel's task definitions into the bucket, and further folders next to them. */
export function stageHarnessCommand(): Command {
  const command = new Command('harness')
    .description("compile the harness's task definitions into the bucket, and folders of your own next to them")
    .option('--wheel <FILE>', 'the wheel of lm-eval (default: the one that the set-up brings)')
    .addOption(
      repeatable(
        '--include-path <NAME=DIR>',
        'also upload a folder of YAML definitions as include/NAME; messages ask for it with "include_path": "NAME"; can be repeated',
      ),
    )
    .addHelpText('after', examples('stage harness', 'stage harness --include-path house=./my-tasks'));
  return withJson(command).action(() => run(command));
}

async function run(command: Command): Promise<void> {
  const shape = { ...jsonOption, wheel: z.string().optional(), includePath: z.array(z.string()).default([]) };
  const options = optionsOf(shape, command);
  // Broken definitions and functions are reported before anything is uploaded.
  const includes = await Promise.all(options.includePath.map(readInclude));
  const wheel = wheelPath(options.wheel);
  const objects = await withPatience('compiling the task definitions', harnessOf(wheel));
  await requireLoadable(includes, await catalogueIn(objects));
  await withSession(['datasetsBucket'], async ({ config, clients, log }) => {
    const bucket = new Bucket(clients.s3(), config.datasetsBucket);
    const harness = await withPatience(
      'putting the task definitions into the bucket',
      stageHarness({ bucket, wheelPath: wheel, harness: objects, log }),
    );
    const catalogue = await openCatalogue({ bucket, log });
    const staged: IncludeSummary[] = [];
    for (const include of includes) staged.push(await stageInclude(bucket, include, catalogue));
    for (const warning of staged.flatMap(({ warnings }) => warnings)) note(`warn: ${warning}`);
    print(options.json, { ...harness, includes: staged }, () => text(harness, staged));
  });
}

async function readInclude(argument: string) {
  const folder = nameAndFolder(argument);
  if (!folder) throw new UsageError(`--include-path "${argument}" must be NAME=DIR.`);
  const problem = commonShape.include_path.safeParse(folder.name).error?.issues[0]?.message;
  if (problem !== undefined) throw new UsageError(`--include-path: "${folder.name}" ${problem}.`);
  return readLocalInclude(folder.name, folder.dir);
}

function text(harness: StageSummary, includes: readonly IncludeSummary[]): string {
  const { version, tasks, supported, groups, tags, objects, bytes, seconds } = harness;
  const lines = includes.map(
    (include) =>
      `include/${include.name}: ${counted(include.tasks, 'task')} and ${counted(include.groups, 'group')} in ${counted(include.files, 'file')}` +
      `${include.removed > 0 ? `; ${include.removed} loose files of before replaced` : ''}`,
  );
  const first = `lm-eval ${version}: ${tasks} tasks (${supported} can be sampled), ${groups} groups, ${tags} tags; ${objects} objects, ${bytes} bytes, ${seconds} s`;
  return [first, ...lines].join('\n');
}
