import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import type { Db } from 'mongodb';
import { ObjectId } from 'mongodb';
import * as z from 'zod';
import { whyNoFile } from '../../lib/errors/file-reason.ts';
import {
  BATCH_FORMATS,
  type BatchTask,
  batchLines,
  batchTasks,
  releasePrompts,
  reservePrompts,
} from '../../lib/operator/batch-export.ts';
import { type TaskState, waitForSample } from '../../lib/operator/waiting.ts';
import { tasksNamed, withCatalogue } from '../cli/catalogue.ts';
import { EXIT, UsageError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { complain, note, print } from '../cli/output.ts';
import { readOptionsBody, requestShape, sampleBody, withRequestOptions } from '../cli/request.ts';
import { reasonOf, sendMessage, showStates } from '../cli/send.ts';
import { withSession } from '../cli/session.ts';
import { warnOfUnscored } from '../cli/unscored.ts';

/** What OpenAI's batches take in one file: requests, and bytes (200 MB, with room for what is counted otherwise). */
const MAX_LINES = 50_000;
const MAX_BYTES = 190_000_000;
const TASK_ID = /^[0-9a-f]{24}$/;

/** `sampler export`: prompts as files for batch services. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('sample tasks (or take those with these ids) and write their prompts as files for batch services')
    .argument('<tasks...>', 'names, wildcards, groups and tags; or ids of tasks that were sampled before')
    .addOption(new Option('--format <FORMAT>', "the file's lines").choices([...BATCH_FORMATS]).default('openai-batch'))
    .option('--out <FILE>', 'where to write; what is too much for one file goes to FILE.2, FILE.3, ...')
    .option('--address <ADDRESS>', 'the name under which the answers are scored', 'batch')
    .option('--service <SERVICE>', 'the code of its service', 'batch')
    .option('--include-path <NAME>', 'also look among the definitions staged under NAME')
    .option('--release', 'write nothing; give the open prompts back to the Requester')
    .option('--timeout <SECONDS>', 'how long to wait until the prompts are there', '900')
    .addHelpText(
      'after',
      examples(
        'export gsm8k --qty 50 --model gpt-4o-mini --out gsm8k.jsonl',
        'export 6565a1f0c0ffee0123456789 --format jsonl --out prompts.jsonl',
        'import gsm8k-output.jsonl',
      ),
    );
  return withJson(withRequestOptions(command)).action((tasks: string[]) => run(tasks, command));
}

async function run(names: readonly string[], command: Command): Promise<void> {
  const own = {
    format: z.enum(BATCH_FORMATS),
    out: z.string().optional(),
    address: z.string(),
    service: z.string(),
    includePath: z.string().optional(),
    release: z.boolean().default(false),
    timeout: wholeNumber('timeout', 1),
  };
  const options = optionsOf({ ...jsonOption, ...requestShape, ...own }, command);
  const ids = names.filter((name) => TASK_ID.test(name));
  if (ids.length > 0 && ids.length < names.length) throw new UsageError('Give names of tasks or ids, not both.');
  const { out } = options;
  if (out === undefined && !options.release) throw new UsageError('Say where to write: --out FILE.');
  if (options.release && ids.length === 0) throw new UsageError('--release takes ids of tasks.');
  if (out !== undefined && !options.release) await checkWritable(out);
  await withSession(['mongodbUri', ...(ids.length > 0 ? [] : (['sampleQueueUrl'] as const))], async (session) => {
    const db = session.clients.mongo().db();
    const known = ids.length > 0 ? ids : await sampled();
    if (known === null) return;
    const tasks = await batchTasks(
      db,
      known.map((id) => new ObjectId(id)),
    );
    if (out === undefined || options.release) {
      const released = await releasePrompts(db, tasks);
      print(options.json, { released }, () => `${released} open prompts are the Requester's again`);
      return;
    }
    const prompts = await reservePrompts(db, tasks);
    const files = await writeFiles(db, tasks, options.format, out);
    const result = { tasks: tasks.map(({ id, task }) => ({ id: id.toHexString(), task })), prompts, files };
    print(options.json, result, () =>
      [...result.tasks.map(({ id, task }) => `${id}  ${task}`), `${prompts} prompts in ${files.join(', ')}`].join('\n'),
    );

    async function sampled(): Promise<string[] | null> {
      const { address, service, includePath } = options;
      const body = sampleBody(names, { address, service }, options, includePath);
      readOptionsBody(body);
      const wanted = await withCatalogue({ includePath }, async (catalogue) => {
        const entries = await tasksNamed(catalogue, names);
        await warnOfUnscored(catalogue, entries);
        return entries.map(({ name }) => name);
      });
      const sqs = session.clients.sqs();
      const queueUrl = process.env['SAMPLE_QUEUE_URL'] ?? '';
      const requestId = await sendMessage(sqs, queueUrl, body, address);
      note(`sent: ${requestId}`);
      const waiting = { db, sqs, queueUrl, requestId, tasks: wanted, timeoutMs: options.timeout * 1000 };
      const { onLook, stop } = showStates('sampling');
      return idsOf(await waitForSample({ ...waiting, onLook }).finally(stop));
    }
  });
}

/** The ids of tasks that are written; null, and the reasons told, where one is not. */
function idsOf(states: readonly TaskState[]): string[] | null {
  const missing = states.filter(({ state, id }) => state !== 'done' || id === null);
  for (const { task, state, error } of missing) complain(`${task}: ${reasonOf(state, error)}`);
  if (missing.length === 0) return states.flatMap(({ id }) => id ?? []);
  process.exitCode = EXIT.negative;
  return null;
}

/** Batch services take one path a file, so many requests and so many bytes. */
async function writeFiles(
  db: Db,
  tasks: readonly BatchTask[],
  format: (typeof BATCH_FORMATS)[number],
  out: string,
): Promise<string[]> {
  const paths = new Set(tasks.map(({ path }) => path));
  if (format === 'openai-batch' && paths.size > 1) {
    throw new UsageError(
      `These tasks are asked on ${[...paths].join(' and ')}; a batch takes one of them. Export them apart.`,
    );
  }
  const lines = linesOf(db, tasks, format);
  const files: string[] = [];
  let next = await lines.next();
  do {
    const file = files.length === 0 ? out : `${out}.${files.length + 1}`;
    files.push(file);
    await pipeline(async function* () {
      let [count, bytes] = [0, 0];
      for (; !next.done; next = await lines.next()) {
        count++;
        bytes += Buffer.byteLength(next.value);
        if (format === 'openai-batch' && count > 1 && (count > MAX_LINES || bytes > MAX_BYTES)) return;
        yield next.value;
      }
    }, createWriteStream(file));
  } while (!next.done);
  return files;
}

async function* linesOf(db: Db, tasks: readonly BatchTask[], format: (typeof BATCH_FORMATS)[number]) {
  for (const task of tasks) for await (const line of batchLines(db, task, format)) yield `${line}\n`;
}

/** Looks before anything is sampled or reserved whether the file can be written; what is in it stays. */
async function checkWritable(out: string): Promise<void> {
  try {
    await (await open(out, 'a')).close();
  } catch (error) {
    throw new UsageError(`--out ${out} can't be written: ${whyNoFile(error)}.`);
  }
}
