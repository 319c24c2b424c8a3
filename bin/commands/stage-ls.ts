import { Command } from 'commander';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { counted, note, print, table } from '../cli/output.ts';
import { withSession } from '../cli/session.ts';
import { stagedFolders } from '../cli/staged-folders.ts';

/** `sampler stage ls`: what is staged. */
export function stageLsCommand(): Command {
  const command = new Command('ls')
    .description('list the data sets and the folders of definitions in the bucket')
    .addHelpText('after', examples('stage ls', 'stage ls --json'));
  return withJson(command).action(() => run(command));
}

async function run(command: Command): Promise<void> {
  const { json } = optionsOf(jsonOption, command);
  await withSession(['datasetsBucket'], async ({ config, clients }) => {
    const folders = await stagedFolders(new Bucket(clients.s3(), config.datasetsBucket));
    print(
      json,
      folders.map(({ keys: _, ...folder }) => folder),
      () =>
        table(
          ['NAME', 'FILES', 'BYTES', 'SPLITS', 'REVISION'],
          folders.map(({ name, files, bytes, splits, revision }) => [
            name,
            String(files),
            String(bytes),
            splits.join(',') || '-',
            revision ?? '-',
          ]),
        ),
    );
    if (!json && folders.length === 0)
      note('nothing is staged but the harness; next: npx sampler stage datasets gsm8k');
    else if (!json) note(`${counted(folders.length, 'folder')} of ${config.datasetsBucket}`);
  });
}
