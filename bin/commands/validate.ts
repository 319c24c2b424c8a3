import { Command } from 'commander';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { SamplerError } from '../../lib/errors/errors.ts';
import type { PreviewServices } from '../../lib/preview/preview.ts';
import { type FailedDocument, type Verdict, validateTask } from '../../lib/preview/validate.ts';
import { noteClashes, tasksNamed } from '../cli/catalogue.ts';
import { EXIT } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withCatalogueOptions, withJson } from '../cli/options.ts';
import { counted, print, table } from '../cli/output.ts';
import { CHAT, COMPLETIONS, pathsOf } from '../cli/paths.ts';
import { renderProgress, stagedShape, withStagedData, withStagedFrom } from '../cli/rendering.ts';
import { readOptionsBody, renderShape, sampleBody, withRenderOptions } from '../cli/request.ts';
import { warnOfUnscored } from '../cli/unscored.ts';

/** Failures that are reported per task and path; all are counted. */
const MAX_TOLD = 100;

/** One task on one path: what happened, or why it can't be asked so at all. */
type Checked =
  | (Verdict & { readonly state: 'ok' | 'failed'; readonly failures: readonly FailedDocument[] })
  | {
      readonly state: 'refused';
      readonly task: string;
      readonly path: string;
      readonly error: { code: string; message: string };
    };

/** `sampler validate`: renders every document of the staged data. */
export function validateCommand(): Command {
  const command = new Command('validate')
    .description('render every document of the staged data and report each that fails (exit code 3)')
    .argument('<tasks...>', 'names, wildcards, groups and tags')
    .option(
      '--path <PATH>',
      `${CHAT} or ${COMPLETIONS} (default: both; a multiple_choice task without twin, the latter)`,
    )
    .addHelpText(
      'after',
      examples(
        'validate gsm8k',
        "validate 'mmlu_*_generative' --path /v1/chat/completions",
        'validate my_task --wheel --include-path house=./my-tasks --from ./my-data --json',
      ),
    );
  withStagedFrom(command);
  return withJson(withCatalogueOptions(withRenderOptions(command))).action((tasks: string[]) => run(tasks, command));
}

async function run(names: readonly string[], command: Command): Promise<void> {
  const shape = { ...jsonOption, ...stagedShape, ...renderShape };
  const options = optionsOf(shape, command);
  const messageFor = (asked: string) =>
    readOptionsBody(
      sampleBody(names, { address: 'validate', service: 'validate' }, { ...options, path: asked, qty: '-1' }),
    );
  const checked = await withStagedData(options, async (services) => {
    const { catalogue } = services;
    const done: Checked[] = [];
    const entries = await tasksNamed(catalogue, names);
    await noteClashes(catalogue, names, entries);
    await warnOfUnscored(catalogue, entries);
    for (const entry of entries) {
      for (const asked of await pathsOf(entry, options.path, catalogue)) {
        done.push(await check(services, messageFor(asked), entry, asked));
      }
    }
    return done;
  });
  print(options.json, checked, () => text(checked));
  if (checked.some(({ state }) => state !== 'ok')) process.exitCode = EXIT.negative;
}

async function check(
  services: PreviewServices,
  message: Parameters<typeof validateTask>[1],
  entry: TaskEntry,
  path: string,
): Promise<Checked> {
  const failures: FailedDocument[] = [];
  const { onProgress, stop } = renderProgress(entry.name, path);
  try {
    const verdict = await validateTask(services, message, entry, {
      onFailure: (failure) => failures.length < MAX_TOLD && failures.push(failure),
      onProgress,
    });
    return { ...verdict, state: verdict.failed === 0 ? 'ok' : 'failed', failures };
  } catch (error) {
    if (!(error instanceof SamplerError) || !error.permanent) throw error;
    return { state: 'refused', task: entry.name, path, error: { code: error.code, message: error.message } };
  } finally {
    stop();
  }
}

function text(checked: readonly Checked[]): string {
  const rows = checked.map((result) =>
    result.state === 'refused'
      ? [result.task, result.path, '-', '-', `refused: ${result.error.code}: ${result.error.message}`]
      : [result.task, result.path, String(result.documents), String(result.prompts), verdictText(result)],
  );
  const failures = checked.flatMap((result) =>
    result.state === 'refused'
      ? []
      : result.failures.map(({ docId, code, message }) => `document ${docId}: ${code}: ${message}`),
  );
  return [table(['TASK', 'PATH', 'DOCUMENTS', 'PROMPTS', 'RESULT'], rows), ...failures].join('\n');
}

function verdictText({ failed, resolvedTask, task }: Verdict): string {
  const by = resolvedTask === task ? '' : `, by ${resolvedTask}`;
  return (failed === 0 ? 'ok' : `${counted(failed, 'document')} fail${failed === 1 ? 's' : ''}`) + by;
}
