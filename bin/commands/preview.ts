import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import * as z from 'zod';
import { SamplerError } from '../../lib/errors/errors.ts';
import { whyNoFile } from '../../lib/errors/file-reason.ts';
import { previewPage } from '../../lib/preview/page.ts';
import { type Preview, previewTask } from '../../lib/preview/preview.ts';
import { previewText } from '../../lib/preview/text.ts';
import { dumps } from '../../lib/python/json.ts';
import manifest from '../../package.json' with { type: 'json' };
import { tasksNamed } from '../cli/catalogue.ts';
import { EXIT, UsageError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withCatalogueOptions, withJson } from '../cli/options.ts';
import { complain, note, print } from '../cli/output.ts';
import { stagedShape, withStagedData, withStagedFrom } from '../cli/rendering.ts';
import { readOptionsBody, requestShape, sampleBody, withRequestOptions } from '../cli/request.ts';

/** Prompts don't show whom they are for. */
const NOBODY = { address: 'preview', service: 'preview' };

/** `sampler preview`: prompts, byte for byte as they would be sent, without any database. */
export function previewCommand(): Command {
  const command = new Command('preview')
    .description('render the exact prompts of a task from its staged data, without any database')
    .argument('<tasks...>', 'names, wildcards, groups and tags')
    .option('--first <N>', 'the first N documents of those asked for (default: 1, or all with --doc-ids or --qty)')
    .option('--html <FILE>', 'write one self-contained page to look through them, in place of text')
    .addHelpText(
      'after',
      examples(
        'preview gsm8k',
        'preview gsm8k --doc-ids 7473-7480 --num-fewshot 2 --html gsm8k.html',
        'preview mmlu_anatomy --path /v1/completions --json',
        'preview my_task --wheel --include-path house=./my-tasks --from ./my-data',
      ),
    );
  withStagedFrom(command);
  return withJson(withCatalogueOptions(withRequestOptions(command))).action((tasks: string[]) => run(tasks, command));
}

async function run(names: readonly string[], command: Command): Promise<void> {
  const own = { first: wholeNumber('first', 1).optional(), html: z.string().optional() };
  const options = optionsOf({ ...jsonOption, ...stagedShape, ...requestShape, ...own }, command);
  const picked = options.docIds !== undefined || options.qty !== undefined;
  const message = readOptionsBody(sampleBody(names, NOBODY, picked ? options : { ...options, qty: '-1' }));
  const first = options.first ?? (picked ? Number.POSITIVE_INFINITY : 1);
  const refused: { readonly task: string; readonly error: SamplerError }[] = [];
  let definitions = '';
  const previews = await withStagedData(options, async (services) => {
    definitions = services.catalogue.source;
    const done: Preview[] = [];
    for (const entry of await tasksNamed(services.catalogue, names)) {
      try {
        done.push(await previewTask(services, message, entry, message.seed ?? 0n, first));
      } catch (error) {
        // What is wrong with one task is no reason to hide the others.
        if (!(error instanceof SamplerError) || !error.permanent) throw error;
        refused.push({ task: entry.name, error });
      }
    }
    return done;
  });
  const [only] = refused;
  if (only !== undefined && previews.length === 0) {
    for (const { task, error } of refused.slice(1)) complain(`${task}: ${error.code}: ${error.message}`);
    throw only.error;
  }
  for (const { task, error } of refused) complain(`${task} is not shown: ${error.code}: ${error.message}`);
  if (refused.length > 0) process.exitCode = EXIT.negative;
  for (const { plan, ignoredBlacklist } of previews) {
    if (ignoredBlacklist.length > 0) note(`warn: ${plan.task}: blacklisted ids outside the split are ignored`);
  }
  if (options.html !== undefined) {
    const file = resolve(options.html);
    await writePage(file, previewPage(previews, refused, { definitions, sampler: manifest.version }));
    note(`written: ${file}`);
  }
  if (options.html !== undefined && !options.json) return;
  print(options.json, previews.flatMap(instances), () => previews.map(previewText).join('\n'));
}

async function writePage(file: string, pieces: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(pieces, createWriteStream(file));
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new UsageError(`--html ${file} can't be written: ${whyNoFile(error)}.`);
  }
}

function instances({ plan, instances: rendered }: Preview) {
  return rendered.map(({ docId, idx, data, ctxlen, arguments: [context, rest] }) => ({
    task: plan.task,
    resolved_task: plan.resolvedTask,
    request_type: plan.requestType,
    num_fewshot: plan.shotsInEffect,
    doc_id: docId,
    idx,
    arguments: [context, typeof rest === 'string' ? rest : dumps(rest, { ensureAscii: false })],
    ctxlen,
    data,
  }));
}
