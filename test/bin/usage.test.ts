import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../bin/program.ts';
import { npxSampler, sampler, samplerHere, samplerJson, WHEEL } from './cli.ts';
import { questions, writeDefinitions, writeFolder, writeQuestions } from './own-tasks.ts';

/** Every command that does something, by its whole name. */
function commands(
  parent = createProgram(),
  names: string[] = [],
): { name: string[]; help: string; options: string[] }[] {
  return parent.commands.flatMap((command) => {
    const name = [...names, command.name()];
    if (command.commands.length > 0) return commands(command, name);
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    return [{ name, help, options: command.options.map(({ long }) => long ?? '') }];
  });
}

describe('every command', () => {
  it.each(commands().map((command) => [command.name.join(' '), command] as const))(
    '%s shows examples of itself in its help and has --json',
    (name, { help, options }) => {
      expect(help).toContain(`$ sampler ${name}`);
      expect(options).toContain('--json');
    },
  );
});

describe('the page docs/cli.md', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'cli.md'), 'utf8');
  it.each(commands().map(({ name, options }) => [name.join(' '), options] as const))(
    'tells of %s and each of its options',
    (name, options) => {
      expect(page).toMatch(new RegExp(`^npx sampler ${name}\\b`, 'm'));
      expect(options.filter((option) => !page.includes(option))).toEqual([]);
    },
  );
});

/** No file and no folder. */
const NOWHERE = join(import.meta.dirname, 'nowhere');
const ABSENT = /^Usage: --\S+ \S+nowhere can't be read\b.*: there is no such file or folder\.$/m;

describe('the exit code', () => {
  it('of help is 0, with the codes told; of a wrong option 2, in a process of its own', async () => {
    const { code, stdout, stderr } = await sampler(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /Exit codes:\n {2}0 {2}ok .*\n {2}1 {2}failed .*\n {2}2 {2}usage .*\n {2}3 {2}negative .*\n {2}4 {2}notFound /,
    );
    expect(await sampler(['tasks', 'ls', '--al'])).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    ['before the command', ['--verbose', 'tasks', 'show', 'nobody', '--wheel']],
    ['within it', ['tasks', '--verbose', 'show', 'nobody', '--wheel']],
    ['behind it', ['tasks', 'show', 'nobody', '--wheel', '--verbose']],
  ])('is the same with --verbose %s, which tells where an error came from', async (_, args) => {
    expect(await samplerHere(args)).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^UnknownTask: .*\n.*\n +at /m),
    });
    expect((await samplerHere(args.filter((arg) => arg !== '--verbose'))).stderr).not.toMatch(/\n +at /);
  });

  it.each([
    ['an unknown command', ['smaple'], /Did you mean sample/],
    ['a group alone', ['dlq'], /Usage: sampler dlq/],
    ['an unknown option', ['tasks', 'ls', '--all'], /unknown option '--all'/],
    [
      'a value that is none',
      ['requests', 'ls', '--limit', '0'],
      /^Usage: --limit "0" must be a whole number of at least 1/,
    ],
    [
      'a state that there is not',
      ['requests', 'ls', '--state', 'bogus'],
      /--state <STATE>' argument 'bogus' is invalid/,
    ],
    [
      'a revision of a folder',
      ['stage', 'datasets', '--from', '.', '--revision', 'x', '--hub-url', 'y'],
      /^Usage: --from takes no hub; leave out --revision, --hub-url\./,
    ],
    ['more ids than a list may hold', ['preview', 'gsm8k', '--doc-ids', '1-9999999'], /holds more than 1000000 ids/],
    ['options that leave nothing', ['tasks', 'ls', '--supported', '--unsupported'], /^Usage: /],
    [
      'a sample of no documents',
      ['sample', 'gsm8k', '--address', 'a', '--service', 's'],
      /^Usage: .*--qty N.*--doc-ids IDS/,
    ],
    ['a sample without supplier', ['sample', 'gsm8k', '--qty', '1'], /^Usage: Give --address and --service/],
    [
      'a message together with other options',
      ['sample', 'gsm8k', '--qty', '1', '--message', '-'],
      /leave out gsm8k, --qty\./,
    ],
    ['arguments that are no JSON', ['preview', 'gsm8k', '--llm-args', '{1}'], /^Usage: --llm-args is no JSON/],
    ['ids that are none', ['preview', 'gsm8k', '--doc-ids', '4-2'], /^Usage: --doc-ids "4-2" must be/],
    ['an include path that is no folder', ['stage', 'harness', '--include-path', 'x'], /must be NAME=DIR/],
    ['a redrive of nobody knows what', ['dlq', 'redrive'], /^Usage: Say which/],
    ['a queue that there is not', ['dlq', 'ls', 'tasks'], /^Usage: There is no queue "tasks"/],
    [
      'a number that is none',
      ['sample', 'a', '--address', 'a', '--service', 's', '--qty', 'abc'],
      /^Usage: --qty: must be a whole number/,
    ],
    [
      'a file that can not be written',
      ['export', 'gsm8k', '--qty', '1', '--out', join(NOWHERE, 'out.jsonl')],
      /^Usage: --out .*out\.jsonl can't be written: there is no such file or folder\.$/m,
    ],
    ['a folder of data sets that is not there', ['preview', 'gsm8k', '--from', NOWHERE], ABSENT],
    ['a message that is not there', ['sample', '--message', NOWHERE], ABSENT],
    ['a lock that is not there', ['lock', '--check', NOWHERE], ABSENT],
    ['a baseline that is not there', ['audit', 'gsm8k', '--baseline', NOWHERE], ABSENT],
    ['no data to look at', ['preview', 'gsm8k', '--wheel', WHEEL], /^Usage: There is no bucket/],
  ])('of %s is 2, with one reason and nothing on standard output', async (_, args, reason) => {
    const { code, stdout, stderr } = await samplerHere(args);
    expect(stderr).toMatch(reason);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.skipIf(!existsSync('/dev/full'))('of a result for which the disk has no room is 1, saying so', () => {
    const program = join(import.meta.dirname, '..', '..', 'bin', 'sampler.ts');
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [program, 'completion', 'bash'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^Files: .*the disk is full/)]);
  });

  it.each([
    ['a setting that is missing', ['requests', 'ls'], {}, /^Configuration: MONGODB_URI is not set/],
    [
      'a server that is not there',
      ['dlq', 'ls', 'shard'],
      {
        SHARD_QUEUE_URL: 'http://127.0.0.1:9/q',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
        AWS_REGION: 'x',
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
      },
      /^Unavailable: .*ECONNREFUSED/,
    ],
    [
      'a folder of definitions that is not there',
      ['tasks', 'ls', '--wheel', WHEEL, '--include-path', `own=${NOWHERE}`],
      {},
      /^Configuration: .*nowhere can't be read as a folder of definitions: there is no such file or folder\.$/m,
    ],
    [
      'a wheel that is none',
      ['tasks', 'report', '--wheel', import.meta.filename],
      {},
      /^Configuration: .*can't be read as a wheel/,
    ],
  ])('of %s is 1, told in one line', async (_, args, env, reason) => {
    const { code, stdout, stderr } = await samplerHere(args, env);
    expect(stderr).toMatch(reason);
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([1, '', 1]);
  });
});

it('npx sampler takes file names from the folder where it is called', async () => {
  const { code, stdout, stderr } = await npxSampler(
    ['sample', '--message', 'own.json'],
    writeFolder({ 'own.json': '{' }),
  );
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^BadMessage: Bad sample message: the body is not JSON/m);
});

it('tasks show and validate warn once of a name that is defined twice, and of no template', async () => {
  const folder = writeDefinitions({
    'sums/again.yaml': 'include: _template\ntask: house_sums\n',
    'sums/more.yaml': 'include: _base.yaml\ntask: house_more\n',
    'sums/_base.yaml': 'include: _template\n',
  });
  const own = ['--wheel', WHEEL, '--include-path', `house=${folder}`];
  const warnings = async (...args: string[]) =>
    (await samplerHere([...args, ...own])).stderr.split('\n').filter((line) => line.startsWith('warn: '));
  const twice =
    'warn: house_sums is defined in sums/again.yaml and in sums/house_sums.yaml of include/house: sums/house_sums.yaml counts. Give one of them another name.';
  expect(await warnings('tasks', 'show', 'house_sums')).toEqual([twice]);
  expect(await warnings('validate', 'house_sums', '--from', writeQuestions())).toEqual([twice]);
}, 240_000);

it.each([
  ['metric', 'metric_list: [{metric: exact_mtch}]', /house_typo can't be scored here: it .*exact_mtch/],
  ['filter', 'filter_list: [{name: a, filter: [{function: regx}]}]', /can't be scored here: Task house_typo .*regx/],
])('validate warns of a %s that is none, before anybody is asked', async (_, typo, warning) => {
  const folder = writeDefinitions({ 'sums/typo.yaml': `include: _template\ntask: house_typo\n${typo}\n` });
  const own = ['--wheel', WHEEL, '--include-path', `house=${folder}`];
  const { code, stderr } = await samplerHere(['validate', 'house_typo', '--from', writeQuestions(), ...own]);
  expect(code).toBe(0);
  expect(stderr).toMatch(warning);
});

it('--from takes the folder of the data sets, or the one that holds it as a bucket does', async () => {
  const own = ['--wheel', WHEEL, '--include-path', `house=${writeDefinitions()}`];
  const folder = writeFolder(
    Object.fromEntries(
      ['train', 'test'].map((split) => [`datasets/house/sums/default/${split}/0000.parquet`, questions(12)]),
    ),
  );
  const shown = (from: string) => samplerHere(['preview', 'house_sums', '--from', from, ...own, '--quiet']);
  const [below, above] = [await shown(join(folder, 'datasets')), await shown(folder)];
  expect(below).toMatchObject({ code: 0, stdout: expect.stringContaining('document 12') });
  expect(above).toEqual(below);
});

describe('without any stack', () => {
  const own = ['--wheel', WHEEL, '--include-path', `house=${writeDefinitions()}`];
  const from = writeQuestions();

  it('preview shows the prompts of a folder, and validate finds the documents that fail', async () => {
    const preview = await samplerHere(['preview', 'house_sums', '--from', from, ...own, '--quiet']);
    expect(preview).toMatchObject({ code: 0, stderr: '' });
    expect(preview.stdout).toContain('===== house_sums, document 12: /v1/chat/completions, 2 shots');
    expect(preview.stdout).toContain('----- user\nWhat is 0 plus 0? <b>& 1</b>\n');
    const nowhere = await samplerHere([
      'preview',
      'house_sums',
      '--from',
      from,
      ...own,
      '--html',
      join(from, 'a', 'b'),
    ]);
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Usage: --html .* can't be written: /m) });
    const { code, json } = await samplerJson(
      ['validate', 'house_strict', 'house_sums', '--from', from, ...own],
      {},
      samplerHere,
    );
    expect(code).toBe(3);
    expect(json).toEqual(
      ['house_strict', 'house_sums'].flatMap((task) =>
        ['/v1/chat/completions', '/v1/completions'].map((path) =>
          expect.objectContaining({
            task,
            path,
            documents: 30,
            ...(task === 'house_sums'
              ? { state: 'ok', failed: 0, prompts: 30, failures: [] }
              : {
                  state: 'failed',
                  failed: 2,
                  prompts: 28,
                  failures: [24, 41].map((docId) =>
                    expect.objectContaining({
                      docId,
                      code: 'TemplateFailed',
                      message: expect.stringContaining(`document ${docId}`),
                    }),
                  ),
                }),
          }),
        ),
      ),
    );
  });
});
