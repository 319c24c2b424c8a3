import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readConfig } from '../../lib/config/config.ts';
import { PermanentError } from '../../lib/errors/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROFILE = { ttft: { prompt_lenght: [0, 100], sla_time: [0, 2] }, tpot: 0.5, queue: 10, type: 'llm' };
const BOTH = { POSTGRES_URI: 'postgresql://h/db', MONGODB_URI: 'mongodb://h/db' };
const NEEDS = ['postgresUri', 'mongodbUri'] as const;

function fileOf(content: unknown): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function refusal(env: Record<string, string>, needs: Parameters<typeof readConfig>[1] = NEEDS): string {
  try {
    readConfig(env, needs);
  } catch (error) {
    if (error instanceof PermanentError && error.code === 'Configuration') return error.message;
    throw error;
  }
  throw new Error('the configuration was taken');
}

it('reads the settings asked for from the environment', () => {
  const env = { ...BOTH, DATASETS_BUCKET: 'b', SHARD_QUEUE_URL: 'http://q/shard' };
  expect(readConfig(env, ['postgresUri', 'mongodbUri', 'datasetsBucket', 'shardQueueUrl'])).toEqual({
    postgresUri: 'postgresql://h/db',
    mongodbUri: 'mongodb://h/db',
    datasetsBucket: 'b',
    shardQueueUrl: 'http://q/shard',
    logLevel: 'info',
    timeouts: undefined,
    includePath: undefined,
    taskRows: [],
    requestStyle: undefined,
    refusesUnscored: false,
    warnings: [],
  });
});

it('names the variable that is missing, and the key of the file where there is one', () => {
  expect(refusal({ MONGODB_URI: 'mongodb://h/db' })).toMatch(/POSTGRES_URI.*postgres_uri/);
  expect(refusal(BOTH, ['datasetsBucket'])).toContain('DATASETS_BUCKET');
});

it('does not ask for what the caller does not need', () => {
  expect(readConfig({ DATASETS_BUCKET: 'b' }, ['datasetsBucket']).datasetsBucket).toBe('b');
});

it('takes an empty variable for one that is not set', () => {
  expect(refusal({ ...BOTH, POSTGRES_URI: ' ' })).toContain('POSTGRES_URI');
});

it('lets the environment win over the file', () => {
  const CONFIG_PATH = fileOf({
    postgres_uri: 'postgres://file/db',
    mongodb_uri: 'mongodb://file/db',
    log_level: 'ERROR',
  });
  expect(readConfig({ CONFIG_PATH }, NEEDS)).toMatchObject({ postgresUri: 'postgres://file/db', logLevel: 'error' });
  expect(readConfig({ ...BOTH, LOG_LEVEL: 'DEBUG', CONFIG_PATH }, NEEDS)).toMatchObject({
    postgresUri: 'postgresql://h/db',
    logLevel: 'debug',
  });
});

it('reads the rows of tasks and the style of requests from the file', () => {
  const CONFIG_PATH = fileOf({
    task_table: {
      gsm8k: { num_fewshot: 3, filters: ['strict-match'], metrics: ['exact_match'] },
      mmlu: { num_fewshot: 0 },
    },
    requests: { max_completion_tokens: true, leave_out: ['temperature'] },
    unscored_tasks: 'refuse',
  });
  expect(readConfig({ CONFIG_PATH }, [])).toMatchObject({
    taskRows: [
      { task: 'gsm8k', numFewshot: 3, filter: 'strict-match', metric: 'exact_match' },
      { task: 'mmlu', numFewshot: 0 },
    ],
    requestStyle: { chatTokensField: 'max_completion_tokens', leaveOut: ['temperature'], defaultTokens: 1024 },
    refusesUnscored: true,
  });
  expect(readConfig({}, [])).toMatchObject({ taskRows: [], requestStyle: undefined });
});

it('reads timeouts and the include path from the file', () => {
  const CONFIG_PATH = fileOf({ timeouts: { default: PROFILE }, include_path: 'ours' });
  expect(readConfig({ ...BOTH, CONFIG_PATH }, NEEDS)).toMatchObject({
    timeouts: { default: PROFILE },
    includePath: 'ours',
  });
});

it('accepts a temporal block with one warning', () => {
  const CONFIG_PATH = fileOf({ temporal: { host: 'h', namespace: 'n' } });
  expect(readConfig({ ...BOTH, CONFIG_PATH }, NEEDS).warnings).toEqual([expect.stringContaining('temporal')]);
});

it.each([
  ['an unknown key by its name', { postgres_url: 'x' }, /postgres_url/],
  ['an unknown key inside', { timeouts: { s: { ...PROFILE, ttfb: 1 } } }, /timeouts\.s.*ttfb/],
  ['a value of another type', { timeouts: { s: { ...PROFILE, queue: 'long' } } }, /timeouts\.s\.queue/],
  [
    'latency lists of two lengths',
    { timeouts: { s: { ...PROFILE, ttft: { prompt_lenght: [1], sla_time: [1, 2] } } } },
    /timeouts\.s\.ttft.*one length/,
  ],
  ['an unknown key in the words of all errors', { postgres_url: 'x' }, /not right: unknown key "postgres_url"\.$/],
  ['what is missing', { timeouts: { s: { tpot: 1, queue: 1 } } }, /timeouts\.s\.ttft: is missing/],
  [
    'a text where a number belongs',
    { requests: { default_tokens: 'x' } },
    /requests\.default_tokens: must be a number/,
  ],
  ['a number that is too low', { requests: { default_tokens: 0 } }, /requests\.default_tokens: must be above 0/],
  ['an empty list', { task_table: { a: { filters: [] } } }, /task_table\.a\.filters: must not be empty/],
  ['a word that is none of its words', { unscored_tasks: 'no' }, /unscored_tasks: must be "sample" or "refuse"/],
  ['a log level that is none', { log_level: 'LOUD' }, /log_level/],
  ['text that is not JSON', '{', /can't be read/],
])('refuses %s', (_what, content, message) => {
  expect(refusal({ ...BOTH, CONFIG_PATH: fileOf(content) })).toMatch(message);
});

it('refuses a file that is not there', () => {
  expect(refusal({ ...BOTH, CONFIG_PATH: join(folder, 'none.json') })).toMatch(/none\.json.*CONFIG_PATH/);
});

it('refuses a log level that is none, naming the variable', () => {
  expect(refusal({ ...BOTH, LOG_LEVEL: 'LOUD' })).toMatch(/LOG_LEVEL.*LOUD/);
});

it.each(['mongodb://h', 'mongodb://h/', 'mongodb://a,b/?replicaSet=r'])(
  'refuses %s, which names no database',
  (uri) => {
    expect(refusal({ ...BOTH, MONGODB_URI: uri })).toMatch(/MONGODB_URI must name a database/);
  },
);
