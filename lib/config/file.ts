import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';
import { describeIssue } from '../errors/schema-issue.ts';
import { parseLogLevel } from '../log/log.ts';

const seconds = z.number().nonnegative();

/** A service's latency promise; the spelling `prompt_lenght` is the configuration's own (PAYLOAD-13). */
const timeoutProfile = z.strictObject({
  ttft: z
    .strictObject({ prompt_lenght: z.array(z.number().nonnegative()).min(1), sla_time: z.array(seconds).min(1) })
    .refine((ttft) => ttft.prompt_lenght.length === ttft.sla_time.length, {
      message: 'prompt_lenght and sla_time must be of one length',
    }),
  tpot: seconds,
  queue: seconds,
  type: z.literal('llm').optional(),
});

/** What the file says of a task, or of all tasks whose names hold that part (MANAGER-7): of each list the first counts. */
const taskRow = z.strictObject({
  num_fewshot: z.int().min(0).optional(),
  filters: z.array(z.string().min(1)).min(1).optional(),
  metrics: z.array(z.string().min(1)).min(1).optional(),
});

/** How requests to suppliers differ from the harness's; all off by default (MANAGER-6). */
const requests = z.strictObject({
  /** Chat requests say `max_completion_tokens` in place of `max_tokens`. */
  max_completion_tokens: z.boolean().default(false),
  /** Fields that are never sent, such as `temperature`. */
  leave_out: z.array(z.string().min(1)).default([]),
  /** Tokens that an answer may have where nobody says how many. */
  default_tokens: z.int().positive().default(1024),
});

/** The configuration file, with the keys that the Python service has. */
const configFile = z.strictObject({
  postgres_uri: z.string().min(1).optional(),
  mongodb_uri: z.string().min(1).optional(),
  log_level: z
    .string()
    .refine((name) => parseLogLevel(name) !== undefined, { message: 'not a log level' })
    .optional(),
  timeouts: z.record(z.string(), timeoutProfile).optional(),
  include_path: z.string().min(1).optional(),
  task_table: z.record(z.string().min(1), taskRow).optional(),
  requests: requests.optional(),
  /** What is done with requests for tasks whose answers can't be scored here; `sample` unless it says otherwise. */
  unscored_tasks: z.enum(['sample', 'refuse']).optional(),
  temporal: z.unknown().optional(),
});

/** What the file says; keys that are left out are undefined. */
export type ConfigFile = z.output<typeof configFile>;

/** A row of the table of shots, filters and metrics by task. */
export interface TaskRow {
  readonly task: string;
  readonly numFewshot?: number;
  readonly filter?: string;
  readonly metric?: string;
}

/** The rows that a file adds to that table. */
export function taskRows({ task_table = {} }: Partial<ConfigFile>): TaskRow[] {
  return Object.entries(task_table).map(([task, { num_fewshot, filters, metrics }]) => ({
    task,
    ...(num_fewshot === undefined ? {} : { numFewshot: num_fewshot }),
    ...(filters?.[0] === undefined ? {} : { filter: filters[0] }),
    ...(metrics?.[0] === undefined ? {} : { metric: metrics[0] }),
  }));
}

/**
 * Reads and checks the configuration file.
 * @throws PermanentError Configuration: not readable, not JSON, an unknown key or a bad value, named by its path.
 */
export function readConfigFile(path: string): ConfigFile {
  const value = parseJson(path);
  const parsed = configFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => describeIssue(issue, value));
  throw new PermanentError('Configuration', `the configuration file ${path} is not right: ${problems.join('; ')}.`, {
    context: { path },
  });
}

/** What `JSON.parse` says of a mistake shows the text around it, which may be a password. */
function parseJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error instanceof Error && 'code' in error ? String(error.code) : 'not readable');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = error instanceof Error ? /at position \d+|line \d+ column \d+/.exec(error.message)?.[0] : undefined;
    throw unreadable(path, `it is no JSON${place === undefined ? '' : `, ${place}`}`);
  }
}

function unreadable(path: string, why: string): PermanentError {
  const advice = 'CONFIG_PATH must name a JSON file';
  return new PermanentError('Configuration', `the configuration file ${path} can't be read (${why}); ${advice}.`, {
    context: { path },
  });
}
