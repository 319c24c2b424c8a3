import { Command } from 'commander';
import * as z from 'zod';
import { changesOf, type LockChanges, lockTask, type Rendered } from '../../lib/audit/lock.ts';
import { type LockedTask, readLock, writeLock } from '../../lib/audit/lock-file.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { messageOf, SamplerError } from '../../lib/errors/errors.ts';
import type { PreviewServices } from '../../lib/preview/preview.ts';
import { previewText } from '../../lib/preview/text.ts';
import { tasksNamed } from '../cli/catalogue.ts';
import { EXIT, NotFoundError, UsageError } from '../cli/exit.ts';
import { readGiven } from '../cli/given-file.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withCatalogueOptions, withJson } from '../cli/options.ts';
import { note, print } from '../cli/output.ts';
import { CHAT, COMPLETIONS, pathsOf } from '../cli/paths.ts';
import { renderProgress, stagedShape, withStagedData, withStagedFrom } from '../cli/rendering.ts';
import {
  modelShape,
  readOptionsBody,
  renderShape,
  requestShape,
  sampleBody,
  withModelOptions,
  withRenderOptions,
} from '../cli/request.ts';

/** What a lock remembers of the options, so that a check renders the same. */
const { path, ...render } = renderShape;
const { model, llmArgs, ...chat } = modelShape;
const SETTINGS = { ...render, model, llmArgs, randomSeed: requestShape.randomSeed, ...chat };
const settingsSchema = z.object(SETTINGS);

/** `sampler lock`: hashes of all prompts of tasks, and what became of them since. */
export function lockCommand(): Command {
  const command = new Command('lock')
    .description('write a hash of each prompt of tasks, or check them against such a file (exit code 3)')
    .argument('[tasks...]', 'names, wildcards, groups and tags; with --check and none, all of the file')
    .option('--check <FILE>', 'compare with FILE, and show the first prompt of each task that differs')
    .option('--path <PATH>', `${CHAT} or ${COMPLETIONS} (default: both)`)
    .option('--random-seed <N>', 'draws worked examples as the Manager does')
    .addHelpText(
      'after',
      examples(
        'lock gsm8k > prompts.lock',
        'lock --check prompts.lock',
        "lock 'mmlu_*' --path /v1/completions > mmlu.lock",
      ),
    );
  withStagedFrom(command);
  return withJson(withCatalogueOptions(withModelOptions(withRenderOptions(command)))).action((tasks: string[]) =>
    run(tasks, command),
  );
}

async function run(names: readonly string[], command: Command): Promise<void> {
  const own = { check: z.string().optional() };
  const options = optionsOf({ ...jsonOption, ...stagedShape, ...SETTINGS, path, ...own }, command);
  if (names.length === 0 && options.check === undefined)
    throw new UsageError('Name the tasks, or a file with --check FILE.');
  const settings = given(options);
  if (options.check !== undefined && (Object.keys(settings).length > 0 || options.path !== undefined)) {
    throw new UsageError('--check renders with the settings of the file; leave out those of the command line.');
  }
  const file = options.check;
  const locked = file === undefined ? undefined : readLock(file, readGiven('check', file));
  await withStagedData(options, async (services) => {
    const entries = names.length === 0 ? undefined : await tasksNamed(services.catalogue, names);
    if (locked === undefined) await writeAll(services, entries ?? [], options.path, settings, options.json);
    else await checkAll(services, locked, entries, options.json);
  });
}

async function writeAll(
  services: PreviewServices,
  entries: readonly TaskEntry[],
  path: string | undefined,
  settings: Readonly<Record<string, string>>,
  json: boolean,
): Promise<void> {
  const tasks: LockedTask[] = [];
  for (const entry of entries) {
    for (const asked of await pathsOf(entry, path, services.catalogue)) {
      tasks.push((await renderAll(services, entry, asked, settings)).now);
    }
  }
  print(
    json,
    tasks.map((task) => ({ ...task, documents: Object.fromEntries(task.documents) })),
    () => writeLock(tasks),
  );
}

/** How one task of a lock stands. */
interface CheckedLock {
  readonly task: string;
  readonly path: string;
  readonly state: 'same' | 'differs' | 'refused';
  readonly changes: LockChanges | null;
  readonly first: {
    readonly doc_id: number;
    readonly locked: string | null;
    readonly now: string | null;
    readonly data: readonly string[];
  } | null;
  readonly error: string | null;
}

async function checkAll(
  services: PreviewServices,
  locked: readonly LockedTask[],
  entries: readonly TaskEntry[] | undefined,
  json: boolean,
): Promise<void> {
  const wanted = entries && new Set(entries.map(({ name }) => name));
  const chosen = locked.filter(({ task }) => wanted?.has(task) ?? true);
  if (chosen.length === 0) throw new NotFoundError('the file holds none of these tasks.');
  const checked: CheckedLock[] = [];
  for (const task of chosen) {
    const { result, prompt } = await checkOne(services, task);
    checked.push(result);
    if (!json && result.state !== 'same') note(differenceText(result, prompt));
  }
  print(json, checked, () => checked.map(({ task, path, state }) => `${task} on ${path}: ${state}`).join('\n'));
  if (checked.some(({ state }) => state !== 'same')) process.exitCode = EXIT.negative;
}

async function checkOne(
  services: PreviewServices,
  locked: LockedTask,
): Promise<{ result: CheckedLock; prompt: string }> {
  const { task, path } = locked;
  try {
    const entry = await services.catalogue.find(task);
    if (entry === null) throw new NotFoundError('there is no such task any more.');
    const { now, plan, first } = await renderAll(services, entry, path, locked.settings, locked);
    const changes = changesOf(locked, now);
    const state = changes === null ? 'same' : 'differs';
    const shown = first && {
      doc_id: first.docId,
      locked: first.locked ?? null,
      now: first.now ?? null,
      data: first.instances.map(({ data }) => data),
    };
    const prompt = first === null ? '' : previewText({ plan, instances: first.instances.slice(0, 1) });
    return { result: { task, path, state, changes, first: shown, error: null }, prompt };
  } catch (error) {
    const expected = error instanceof NotFoundError || (error instanceof SamplerError && error.permanent);
    if (!expected) throw error;
    const result = { task, path, state: 'refused' as const, changes: null, first: null, error: messageOf(error) };
    return { result, prompt: '' };
  }
}

async function renderAll(
  services: PreviewServices,
  entry: TaskEntry,
  path: string,
  settings: Readonly<Record<string, string>>,
  locked?: LockedTask,
): Promise<Rendered> {
  const asked = settingsSchema.parse(settings);
  const message = readOptionsBody(
    sampleBody([entry.name], { address: 'lock', service: 'lock' }, { ...asked, path, qty: '-1' }),
  );
  const { onProgress, stop } = renderProgress(entry.name, path);
  return await lockTask(services, message, entry, settings, locked, onProgress).finally(stop);
}

function differenceText({ task, path, changes, first, error }: CheckedLock, prompt: string): string {
  const facts = changes?.facts.map(({ name, locked, now }) => `  ${name}: ${locked} -> ${now}`) ?? [];
  const counts = changes && `  documents: ${changes.changed} changed, ${changes.added} new, ${changes.removed} gone`;
  const which =
    first && `  first: document ${first.doc_id}, ${first.locked ?? '(not locked)'} -> ${first.now ?? '(gone)'}`;
  return [`${task} on ${path} differs${error === null ? '' : `: ${error}`}`, ...facts, counts, which, prompt]
    .filter((line) => line !== null && line !== '')
    .join('\n');
}

/** The settings that were given, by the names of the options. */
function given(options: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(SETTINGS).flatMap((name) => (typeof options[name] === 'string' ? [[name, options[name]]] : [])),
  );
}
