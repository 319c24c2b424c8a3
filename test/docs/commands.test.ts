import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../bin/program.ts';
import { formatDotenv } from '../../localstack/dotenv.ts';
import { answerOpenPrompts } from '../../localstack/requester.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { startToyModel, type ToyModel } from '../../localstack/toy-model.ts';
import { questions } from '../bin/own-tasks.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { SmallHub } from '../hub/small-hub.ts';
import { type Block, blocksOf, pages, ROOT } from './blocks.ts';
import { fillHub } from './named-data.ts';
import { Reader } from './reader.ts';

const ALL = pages().flatMap((page) => blocksOf(page));
const SHELL = ALL.filter(({ file }) => file === null);
const FOLLOWED = ALL.filter(({ file, mark }) => file !== null || /^run\b/.test(mark));
const hasAws = spawnSync('aws', ['--version']).status === 0;
/** No command of the pages takes as long. */
const PATIENCE_MS = 240_000;

describe('the shell blocks of all pages', () => {
  it.each(SHELL.map((block) => [`${block.page}:${block.line}`, block.mark] as const))(
    '%s says whether it is run by this test, or why not',
    (_, mark) => {
      expect(mark).toMatch(/^(run|run: \S.*|skip: \S.{10,})$/);
    },
  );

  it('are found also where they are indented, and a block without a mark does not pass', () => {
    const text = 'a\n```sh\nb\n```\n1. c\n\n   ```sh run\n   d\n   ```\n```\ne\n```\n```js file=f.mjs\ng\n```\n';
    expect(blocksOf('x.md', text)).toMatchObject([
      { mark: '', text: 'b\n', line: 2, file: null },
      { mark: 'run', text: 'd\n', line: 7, file: null },
      { text: 'g\n', file: 'f.mjs' },
    ]);
    expect(FOLLOWED.length).toBeGreaterThan(25);
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
  const reader = new Reader({
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
  });
  /** What the commands of a page printed, one block after the other. */
  const printed = new Map<string, string>();
  let stack: TestStack;
  let functions: RunningFunctions;
  let mongo: MongoClient;
  let model: ToyModel;
  let answered: string | undefined;

  beforeAll(async () => {
    stack = await freshStack();
    [functions, model] = await Promise.all([startFunctions(stack.env), startToyModel()]);
    mongo = new MongoClient(stack.mongodbUri);
    await hub.start();
    fillHub(hub);
    const envFile = join(reader.folder, '.local', 'env');
    writeFileSync(envFile, formatDotenv(functions.env));
    reader.live({
      ...functions.env,
      HF_ENDPOINT: hub.url,
      HF_DATASETS_SERVER: hub.url,
      SERVER: model.url,
      SAMPLER_ENV_FILE: envFile,
      SLS_TELEMETRY_DISABLED: '1',
    });
    const first = await reader.bash('npx sampler stage harness');
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
    await model?.stop();
    hub.stop();
    await mongo?.close();
    await stack?.dispose();
  });

  it.each(FOLLOWED.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s',
    async (_, block) => {
      if (!hasAws && /^aws /m.test(block.text)) {
        console.warn('no aws here: the block that needs it is left out');
        return;
      }
      const text = await filledIn(block);
      const { code, output } = await reader.follow(block, text);
      printed.set(block.page, `${printed.get(block.page) ?? ''}${output}`);
      expect(block.mark.endsWith('0 or 3') ? [0, 3] : [0], output).toContain(code);
      const files = [...text.matchAll(/(?:--html|>) (\w[\w./-]*\.\w+|_sampler)\b/g)].map(([, file = '']) => file);
      for (const file of files) expect(statSync(join(reader.folder, file)).size).toBeGreaterThan('[]'.length);
    },
    PATIENCE_MS,
  );

  it("the page of one's own task has led from an empty folder to the score that its answers earn", () => {
    const own = printed.get(join('docs', 'own-task.md'));
    expect(own).toContain('nothing found');
    expect(own).toMatch(/document 3: .*2 shots/);
    expect(own).toContain('6 answers: 6 responses written');
    // The toy slips at every fourth sum: 12 and 16.
    expect(own).toMatch(/number +exact_match +0\.6667/);
    expect(readFileSync(join(reader.folder, 'my', 'results.html'), 'utf8')).toContain('my_sums');
  });

  /** The block with the words that are the reader's to fill in. */
  async function filledIn({ page, file, text }: Block): Promise<string> {
    if (file !== null) return text;
    let filled = text.replaceAll(/\bDIR\b/g, './my-data');
    // The one that an export of this page printed, else one that was asked for in the pages before.
    if (/\bTASK_ID\b/.test(text)) {
      const own = /^([0-9a-f]{24}) {2}\w+$/m.exec(printed.get(page) ?? '')?.[1];
      filled = filled.replaceAll(/\bTASK_ID\b/g, own ?? (await answeredTask()));
    }
    if (/\bDEAD_ID\b/.test(text)) filled = filled.replaceAll(/\bDEAD_ID\b/g, await deadLetter());
    return filled;
  }

  /** A task of gsm8k that was asked for in the pages before, and that a toy model has answered. */
  async function answeredTask(): Promise<string> {
    if (answered !== undefined) return answered;
    const task = await mongo.db().collection('tasks').findOne({ tasks: 'gsm8k', 'requester_args.address': 'SUPPLIER' });
    if (task === null) throw new Error('no page before has asked for gsm8k');
    answered = String(task._id);
    await answerOpenPrompts({ mongo, address: 'SUPPLIER', server: model.url });
    return answered;
  }

  async function deadLetter(): Promise<string> {
    const refused = await mongo.db().collection('sample_requests').findOne({ state: 'rejected' });
    return String(refused?.['request_id']);
  }
});
