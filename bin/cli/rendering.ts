import type { Command } from 'commander';
import type { PreviewServices } from '../../lib/preview/preview.ts';
import { FunctionRuns } from '../../lib/preview/processed-table.ts';
import { type CatalogueChoice, withCatalogue } from './catalogue.ts';
import { catalogueShape, fromShape, withFrom } from './options.ts';
import { showProgress } from './progress.ts';
import { withSandbox } from './sandbox.ts';
import { planningSettings } from './session.ts';
import { withSource } from './source.ts';

/** The options as parsed of commands that render staged data without any database: where definitions and data sets are. */
export const stagedShape = { ...catalogueShape, ...fromShape };

/** Adds `--from DIR`, which these commands read in place of the bucket. */
export function withStagedFrom(command: Command): Command {
  return withFrom(command, 'read data sets of this folder, in the layout of the bucket, instead of the bucket');
}

/** Does `work` with all that renders staged data; what is opened for it is closed at the end. */
export async function withStagedData<T>(
  options: CatalogueChoice & { readonly from?: string | undefined },
  work: (services: PreviewServices) => Promise<T>,
): Promise<T> {
  const settings = planningSettings();
  return await withSource(options.from, (source) =>
    withCatalogue(options, (catalogue) =>
      withSandbox((sandbox) => work({ catalogue, source, settings, sandbox, runs: new FunctionRuns() })),
    ),
  );
}

/** Shows how many documents of a task on a path are rendered; `stop` it at the end. */
export function renderProgress(task: string, path: string) {
  const { add, stop } = showProgress(`${task} on ${path}`, 0, 'documents');
  return { onProgress: (documents: number, total: number) => add(documents, total), stop };
}
