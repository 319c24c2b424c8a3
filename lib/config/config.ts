import { PermanentError } from '../errors/errors.ts';
import { type LogLevel, parseLogLevel } from '../log/log.ts';
import { type ConfigFile, readConfigFile, type TaskRow, taskRows } from './file.ts';
import { checkMongodbUri } from './mongodb-uri.ts';
import { checkPostgresUri } from './postgres-uri.ts';

/** Settings that are text, with the environment variable of each (NAME-3). */
const VARIABLES = {
  postgresUri: 'POSTGRES_URI',
  mongodbUri: 'MONGODB_URI',
  datasetsBucket: 'DATASETS_BUCKET',
  registerQueueUrl: 'REGISTER_QUEUE_URL',
  sampleQueueUrl: 'SAMPLE_QUEUE_URL',
  shardQueueUrl: 'SHARD_QUEUE_URL',
  evaluateQueueUrl: 'EVALUATE_QUEUE_URL',
  evaluatedQueueUrl: 'EVALUATED_QUEUE_URL',
} as const;

/** The name of a setting that a caller can ask for. */
export type Setting = keyof typeof VARIABLES;

/** Settings of the file that stand in where the environment has none. */
const FILE_KEYS: Partial<Record<Setting, 'postgres_uri' | 'mongodb_uri'>> = {
  postgresUri: 'postgres_uri',
  mongodbUri: 'mongodb_uri',
};

/** What the functions and the operator's commands take from outside. `Needed` names the settings that are there. */
export type Config<Needed extends Setting = Setting> = { readonly [name in Needed]: string } & {
  readonly logLevel: LogLevel;
  /** Latency promises by service, also `default`; undefined where nothing is configured. */
  readonly timeouts: NonNullable<ConfigFile['timeouts']> | undefined;
  /** Name of a folder of further task definitions, used where a message names none. */
  readonly includePath: string | undefined;
  /** Rows that the file adds to the table of shots, filters and metrics by task. */
  readonly taskRows: readonly TaskRow[];
  /** How requests to suppliers differ from the harness's; undefined where they do not. */
  readonly requestStyle: RequestStyleSetting | undefined;
  /** Whether tasks are refused whose answers can't be scored here; else they are sampled, with a warning. */
  readonly refusesUnscored: boolean;
  /** What the operator should hear once. */
  readonly warnings: readonly string[];
};

/**
 * Reads the settings that the caller needs from the environment and the JSON file at CONFIG_PATH; the environment wins.
 * @param env where to look, `process.env` in a function
 * @param needs the settings that must be there
 * @throws PermanentError Configuration: a needed setting is missing, or a value is not right; the message names it.
 */
export function readConfig<const Needed extends Setting>(
  env: Readonly<Record<string, string | undefined>>,
  needs: readonly Needed[],
): Config<Needed> {
  const path = filled(env['CONFIG_PATH']);
  const file: Partial<ConfigFile> = path === undefined ? {} : readConfigFile(path);
  const settings = needs.map((name) => [name, readSetting(name, env, file)] as const);
  return {
    ...fromPairs(settings),
    logLevel: readLogLevel(filled(env['LOG_LEVEL']), file.log_level),
    timeouts: file.timeouts,
    includePath: file.include_path,
    taskRows: taskRows(file),
    requestStyle: requestStyleOf(file),
    refusesUnscored: file.unscored_tasks === 'refuse',
    warnings: file.temporal === undefined ? [] : [`the block "temporal" of ${path} is not used here; remove it`],
  };
}

function readSetting(
  name: Setting,
  env: Readonly<Record<string, string | undefined>>,
  file: Partial<ConfigFile>,
): string {
  const fileKey = FILE_KEYS[name];
  const variable = VARIABLES[name];
  const value = filled(env[variable]) ?? (fileKey === undefined ? undefined : file[fileKey]);
  if (value === undefined) {
    const orFile = fileKey === undefined ? '' : `, or "${fileKey}" in the file at CONFIG_PATH`;
    throw new PermanentError('Configuration', `${variable} is not set; set it${orFile}.`, { context: { variable } });
  }
  if (name === 'postgresUri') checkPostgresUri(value, variable);
  if (name === 'mongodbUri') checkMongodbUri(value, variable);
  return value;
}

/** How requests to suppliers differ from the harness's. */
export interface RequestStyleSetting {
  readonly chatTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly leaveOut: readonly string[];
  readonly defaultTokens: number;
}

function requestStyleOf({ requests }: Partial<ConfigFile>): RequestStyleSetting | undefined {
  if (requests === undefined) return undefined;
  return {
    chatTokensField: requests.max_completion_tokens ? 'max_completion_tokens' : 'max_tokens',
    leaveOut: requests.leave_out,
    defaultTokens: requests.default_tokens,
  };
}

function readLogLevel(variable: string | undefined, fileValue: string | undefined): LogLevel {
  const name = variable ?? fileValue ?? 'INFO';
  const level = parseLogLevel(name);
  if (level !== undefined) return level;
  const known = 'DEBUG, INFO, WARNING or ERROR';
  throw new PermanentError('Configuration', `LOG_LEVEL is "${name}"; use ${known}.`, {
    context: { variable: 'LOG_LEVEL' },
  });
}

/** An empty variable counts as one that is not set. */
function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}

function fromPairs<Name extends Setting>(
  pairs: readonly (readonly [Name, string])[],
): { readonly [name in Name]: string };
function fromPairs(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(pairs);
}
