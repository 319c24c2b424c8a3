import { Command } from 'commander';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { counted, print } from '../cli/output.ts';
import { withSession } from '../cli/session.ts';
import { stagedFolders } from '../cli/staged-folders.ts';

/** `sampler stage rm`: removes staged data sets and folders of definitions. */
export function stageRmCommand(): Command {
  const command = new Command('rm')
    .description('remove staged data sets and folders of definitions from the bucket; tables in Postgres stay')
    .argument('<names...>', 'as stage ls gives them: datasets/gsm8k/main, include/house')
    .addHelpText('after', examples('stage rm include/house', 'stage rm datasets/gsm8k/main'));
  return withJson(command).action((names: string[]) => run(names, command));
}

async function run(names: readonly string[], command: Command): Promise<void> {
  const { json } = optionsOf(jsonOption, command);
  await withSession(['datasetsBucket'], async ({ config, clients }) => {
    const bucket = new Bucket(clients.s3(), config.datasetsBucket);
    const folders = await stagedFolders(bucket);
    const wanted = new Set(names.map((name) => name.replace(/\/+$/, '')));
    const chosen = folders.filter(({ name }) => wanted.has(name));
    const missing = [...wanted].filter((name) => !chosen.some((folder) => folder.name === name));
    // All or nothing: a name that is mistyped says that the others may be, too.
    if (missing.length > 0) {
      throw new NotFoundError(
        `nothing is staged as ${missing.join(', ')}, and nothing was removed; see: npx sampler stage ls`,
      );
    }
    for (const { keys } of chosen) {
      // The manifest goes first: without it nobody takes the rest for whole.
      await bucket.remove(keys.filter((key) => key.endsWith('.json')));
      await bucket.remove(keys.filter((key) => !key.endsWith('.json')));
    }
    print(
      json,
      chosen.map(({ name, files, bytes }) => ({ name, files, bytes })),
      () => chosen.map(({ name, files }) => `removed ${name}: ${counted(files, 'file')}`).join('\n'),
    );
  });
}
