import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../bin/program.ts';
import { formatDotenv } from '../../localstack/dotenv.ts';
import { answerOpenPrompts } from '../../localstack/requester.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { startToyModel } from '../../localstack/toy-model.ts';
import { questions, writeFolder } from '../bin/own-tasks.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { SmallHub } from '../hub/small-hub.ts';
import { parquetOf } from '../service/parquet.ts';
import { pages, ROOT, shellBlocks } from './blocks.ts';

const ALL = pages().flatMap((page) => shellBlocks(page));
const RUN = ALL.filter(({ mark }) => /^run\b/.test(mark));
const hasAws = spawnSync('aws', ['--version']).status === 0;
/** No command of the pages takes as long. */
const PATIENCE_MS = 240_000;

describe('the shell blocks of all pages', () => {
  it.each(ALL.map((block) => [`${block.page}:${block.line}`, block.mark] as const))(
    '%s says whether it is run by this test, or why not',
    (_, mark) => {
      expect(mark).toMatch(/^(run|run: \S.*|skip: \S.{10,})$/);
    },
  );

  it('are found also where they are indented, and a block without a mark does not pass', () => {
    const [one, other] = shellBlocks('x.md', 'a\n```sh\nb\n```\n1. c\n\n   ```sh run\n   d\n   ```\n');
    expect([one?.mark, one?.text, other?.mark, other?.text]).toEqual(['', 'b\n', 'run', 'd\n']);
    expect(RUN.length).toBeGreaterThan(15);
  });
});

describe('commands named in running text', () => {
  const named = pages().flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/`npx sampler ([^`]+)`/g)].map(
      ([, text = '']) => [page, text] as const,
    ),
  );
  it.each(named)('%s: npx sampler %s is a command with these options', (_, text) => {
    const words = text.split(/\s+/);
    let command = createProgram();
    while (command.commands.some((child) => child.name() === words[0])) {
      command = command.commands.find((child) => child.name() === words[0]) ?? command;
      words.shift();
    }
    const options = ['--help', '--version', ...command.options.map(({ long }) => long ?? '')];
    const asked = words.map((word) => word.replace(/[[\],.]/g, '')).filter((word) => /^--\w/.test(word));
    expect(asked.filter((option) => !options.includes(option.split('=')[0] ?? ''))).toEqual([]);
    expect(command.name() === 'sampler' ? text : '...').toMatch(/^(\.\.\.|--)/);
  });
});

describe('every command of the pages, word for word, on one running stack', () => {
  const hub = new SmallHub();
  let stack: TestStack;
  let functions: RunningFunctions;
  let mongo: MongoClient;
  let folder: string;
  let env: Record<string, string>;
  let answered: string | undefined;

  beforeAll(async () => {
    stack = await freshStack();
    functions = await startFunctions(stack.env);
    mongo = new MongoClient(stack.mongodbUri);
    await hub.start();
    fillHub(hub);
    folder = workFolder();
    writeFileSync(join(folder, '.local', 'env'), formatDotenv(functions.env));
    env = {
      ...functions.env,
      PATH: `${join(folder, 'programs')}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      HF_ENDPOINT: hub.url,
      HF_DATASETS_SERVER: hub.url,
      SAMPLER_ENV_FILE: join(folder, '.local', 'env'),
      SLS_TELEMETRY_DISABLED: '1',
    };
    const first = await bash('npx sampler stage harness');
    expect(first.code, first.output).toBe(0);
    const sqs = createLocalSqs(stack.endpoint);
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: required(stack.env, 'SAMPLE_QUEUE_URL'),
        MessageBody: '{"framework":"lmeh"}',
      }),
    );
    sqs.destroy();
  }, PATIENCE_MS);
  afterAll(async () => {
    await functions?.stop();
    hub.stop();
    await mongo?.close();
    await stack?.dispose();
  });

  it.each(RUN.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s',
    async (_, { text, mark }) => {
      if (!hasAws && /^aws /m.test(text)) {
        console.warn('no aws here: the block that needs it is left out');
        return;
      }
      // Where the answer may be no, the block says so, and its last command counts.
      const either = mark.endsWith('0 or 3');
      const { code, output } = await bash(await filledIn(text), either ? '-uc' : '-euc');
      expect(either ? [0, 3] : [0], output).toContain(code);
      const files = [...text.matchAll(/(?:--html|>) (\w[\w.-]*\.\w+|_sampler)\b/g)].map(([, file = '']) => file);
      for (const file of files) expect(statSync(join(folder, file)).size).toBeGreaterThan(100);
    },
    PATIENCE_MS,
  );

  /** The block with the words that are the reader's to fill in. */
  async function filledIn(text: string): Promise<string> {
    let filled = text.replaceAll(/\bDIR\b/g, './my-data');
    if (/\bTASK_ID\b/.test(text)) filled = filled.replaceAll(/\bTASK_ID\b/g, await answeredTask());
    if (/\bDEAD_ID\b/.test(text)) filled = filled.replaceAll(/\bDEAD_ID\b/g, await deadLetter());
    return filled;
  }

  /** A task of gsm8k that was asked for in the pages before, and that a toy model has answered. */
  async function answeredTask(): Promise<string> {
    if (answered !== undefined) return answered;
    const task = await mongo.db().collection('tasks').findOne({ tasks: 'gsm8k', 'requester_args.address': 'SUPPLIER' });
    if (task === null) throw new Error('no page before has asked for gsm8k');
    answered = String(task._id);
    const model = await startToyModel();
    try {
      await answerOpenPrompts({ mongo, address: 'SUPPLIER', server: model.url });
    } finally {
      await model.stop();
    }
    return answered;
  }

  async function deadLetter(): Promise<string> {
    const refused = await mongo.db().collection('sample_requests').findOne({ state: 'rejected' });
    return String(refused?.['request_id']);
  }

  function bash(text: string, options = '-euc'): Promise<{ code: number | null; output: string }> {
    // A file, as a pipe of Node's is a socket, which /dev/stdout does not open.
    const file = join(folder, '.output');
    const out = openSync(file, 'w');
    const child = spawn('bash', [options, text], { cwd: folder, env, stdio: ['ignore', out, out] });
    return new Promise((resolve) => {
      child.on('close', (code) => {
        closeSync(out);
        resolve({ code, output: `${text}\n${readFileSync(file, 'utf8').slice(-6000)}` });
      });
    });
  }
});

/** A clone as far as the commands see one, and what a reader would have next to it. */
function workFolder(): string {
  const folder = writeFolder({
    'my-tasks/my_task.yaml':
      'task: my_task\ndataset_path: house/sums\ntraining_split: train\ntest_split: test\nfewshot_split: train\n' +
      'output_type: generate_until\ndoc_to_text: "{{question}}"\ndoc_to_target: "{{answer}}"\nnum_fewshot: 1\n',
    'my-data/house/sums/default/train/0000.parquet': questions(12),
    'my-data/house/sums/default/test/0000.parquet': questions(20),
    'request.json': JSON.stringify({
      framework: 'lmeh',
      tasks: 'my_task',
      include_path: 'house',
      requester_args: { address: 'OTHER', service: 'SERVICE' },
      qty: 3,
    }),
    '.local/env': '',
  });
  mkdirSync(join(folder, 'programs'));
  symlinkSync(join(ROOT, 'localstack'), join(folder, 'localstack'));
  // npx itself takes a second for each command, and would look for a package here.
  const npx = join(folder, 'programs', 'npx');
  writeFileSync(
    npx,
    `#!/bin/sh
what="$1"; shift
case "$what" in
  sampler) SAMPLER_CWD="$PWD" exec "${process.execPath}" "${join(ROOT, 'bin', 'sampler.ts')}" "$@" ;;
  sls) cd "${ROOT}" && PATH="${join(ROOT, 'node_modules', '.bin')}:$PATH" exec "${process.execPath}" "${join(ROOT, 'node_modules', 'osls', 'bin', 'serverless.js')}" "$@" ;;
  *) echo "npx $what: not known here" >&2; exit 127 ;;
esac
`,
  );
  chmodSync(npx, 0o755);
  if (!existsSync(join(folder, 'localstack', 'events'))) throw new Error('localstack/events is missing');
  return folder;
}

/** The data sets that the pages name, with rows of our own. */
function fillHub(hub: SmallHub): void {
  const sums = (count: number) =>
    new Uint8Array(
      parquetOf(
        Array.from({ length: count }, (_, i) => ({
          question: `A box holds ${i} pens and gets ${i} more. How many are in it?`,
          answer: `There are ${2 * i}.\n#### ${2 * i}`,
        })),
      ),
    );
  const choices = (count: number) =>
    new Uint8Array(
      parquetOf(
        Array.from({ length: count }, (_, i) => ({
          question: `Which number comes after ${i}?`,
          subject: 'high_school_macroeconomics',
          choices: [i, i + 1, i + 2, i + 3].map(String),
          answer: 1,
        })),
      ),
    );
  const repo = (config: string, files: Record<string, Uint8Array>, more: readonly string[] = []) => {
    const data_files = Object.keys(files).map((path) => ({ split: path.split('/')[0] ?? '', path }));
    const commit = { files, card: { configs: [{ config_name: config, data_files }] } };
    return { revisions: Object.fromEntries(['main', ...more].map((revision) => [revision, commit])) };
  };
  hub.repos['gsm8k'] = repo('main', { 'train/0.parquet': sums(7473), 'test/0.parquet': sums(60) }, [
    'e53f048856ff4f594e959d75785d2c2d37b678ee',
  ]);
  // The twin that generates text has another data set.
  for (const name of ['cais/mmlu', 'hails/mmlu_no_train']) {
    hub.repos[name] = repo('high_school_macroeconomics', {
      'test/0.parquet': choices(40),
      'validation/0.parquet': choices(5),
      'dev/0.parquet': choices(5),
    });
  }
  hub.repos['Rowan/hellaswag'] = repo('default', {
    'train/0.parquet': sums(3),
    'validation/0.parquet': sums(3),
  });
}
