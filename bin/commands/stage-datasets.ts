import { Command } from 'commander';
import { stageDatasets } from '../../lib/datasets/stage.ts';
import { UsageError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { fromShape, jsonOption, optionsOf, withFrom, withJson } from '../cli/options.ts';
import { print } from '../cli/output.ts';
import { progressLog } from '../cli/progress-log.ts';
import { withSession } from '../cli/session.ts';

/** `sampler stage datasets`. */
export function stageDatasetsCommand(): Command {
  const command = new Command('datasets')
    .description('upload data sets')
    .addHelpText('after', examples('stage datasets --from ./data'));
  withFrom(command, 'a folder in the layout of the bucket');
  return withJson(command).action(() => run(command));
}

async function run(command: Command): Promise<void> {
  const { json, from } = optionsOf({ ...jsonOption, ...fromShape }, command);
  if (from === undefined) throw new UsageError('No folder to stage: name one with --from DIR.');
  await withSession(['datasetsBucket'], async ({ config: { datasetsBucket: bucket }, clients }) => {
    const result = await stageDatasets({ s3: clients.s3(), bucket, fromDir: from, log: progressLog });
    print(
      json,
      result,
      () =>
        `${result.datasets} data sets: ${result.uploaded} files uploaded, ${result.unchanged} unchanged, ${result.bytes} bytes`,
    );
  });
}
