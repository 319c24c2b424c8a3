import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import * as z from 'zod';
import { QUEUES, type QueueName } from './names.ts';

/** The file of the queues; serverless.yml includes it. */
const QUEUES_FILE = 'deploy/queues.yml';

/** The parts of serverless.yml that the local stack follows, so that it runs what a deployment runs. */
const sqsEvent = z.object({
  sqs: z.object({
    batchSize: z.number().int().min(1).max(10),
    maximumConcurrency: z.union([z.number().int().min(2), z.string()]),
    functionResponseType: z.literal('ReportBatchItemFailures'),
  }),
});
const scheduleEvent = z.object({ schedule: z.string() });
const serviceFile = z.object({
  params: z.object({ default: z.record(z.string(), z.unknown()) }),
  provider: z.object({ memorySize: z.number(), environment: z.object({ NODE_OPTIONS: z.string() }) }),
  functions: z.record(
    z.string(),
    z.object({
      handler: z.string().regex(/^functions\/\w+\.handler$/),
      timeout: z.number(),
      memorySize: z.number().optional(),
      events: z
        .array(z.union([sqsEvent, scheduleEvent]))
        .max(1)
        .default([]),
    }),
  ),
  custom: z.object({
    esbuild: z.object({
      bundle: z.boolean(),
      platform: z.literal('node'),
      target: z.string(),
      format: z.literal('cjs'),
      outputFileExtension: z.literal('.cjs'),
      mainFields: z.array(z.string()),
      keepNames: z.boolean(),
      legalComments: z.literal('none'),
      sourcemap: z.boolean(),
      minifyWhitespace: z.boolean(),
      minifySyntax: z.boolean(),
      supported: z.record(z.string(), z.boolean()),
      alias: z.record(z.string(), z.string()),
    }),
  }),
});
const queuesFile = z.object({
  Resources: z.record(z.string(), z.object({ Properties: z.record(z.string(), z.unknown()) })),
});

/** A function of the service: by what it is driven, if not by calls alone, and within which limits. */
export interface ServiceFunction {
  name: string;
  /** Its source, from the folder of the repository. */
  entry: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** Its queue, for those that take messages. */
  queue?: { name: QueueName; batchSize: number; maximumConcurrency: number; visibilityTimeoutSeconds: number };
  /** Seconds between its calls, for those that run by the clock. */
  everySeconds?: number;
}

/** What `readServiceFile` gives. */
export interface Service {
  functions: ServiceFunction[];
  bundleOptions: z.output<typeof serviceFile>['custom']['esbuild'];
  /** Options of Node and V8 that functions are run with, without those that load files of a deployment. */
  nodeOptions: string[];
}

/**
 * Reads serverless.yml in `root`, with the defaults of its parameters, and the queues that it includes. Throws a ZodError
 * where it holds something that the local stack does not know.
 */
export function readServiceFile(root: string): Service {
  const read = (path: string) => load(readFileSync(join(root, path), 'utf8'));
  const file = serviceFile.parse(read('serverless.yml'));
  const { Resources } = queuesFile.parse(read(QUEUES_FILE));
  const functions = Object.entries(file.functions).map(([name, definition]): ServiceFunction => {
    const [event] = definition.events;
    const common = {
      name,
      entry: definition.handler.replace(/\.handler$/, '.ts'),
      timeoutSeconds: definition.timeout,
      memoryMb: definition.memorySize ?? file.provider.memorySize,
    };
    if (event === undefined) return common;
    if ('schedule' in event) return { ...common, everySeconds: rateSeconds(event.schedule) };
    const queue = QUEUES.find((known) => known === name);
    if (queue === undefined) throw new Error(`serverless.yml: the function ${name} takes messages but has no queue`);
    const { batchSize } = event.sqs;
    const maximumConcurrency = givenNumber(event.sqs.maximumConcurrency, file.params.default);
    const properties = Resources[`${name[0]?.toUpperCase()}${name.slice(1)}Queue`]?.Properties;
    const visibilityTimeoutSeconds = z.number().parse(properties?.['VisibilityTimeout']);
    return { ...common, queue: { name: queue, batchSize, maximumConcurrency, visibilityTimeoutSeconds } };
  });
  const options = file.provider.environment.NODE_OPTIONS.split(' ');
  const nodeOptions = options.filter((option) => !option.startsWith('--import='));
  return { functions, bundleOptions: file.custom.esbuild, nodeOptions };
}

/** A number that is written out, or the default of the parameter that stands in its place. */
function givenNumber(value: number | string, defaults: Readonly<Record<string, unknown>>): number {
  if (typeof value === 'number') return value;
  const name = /^\$\{param:(\w+)\}$/.exec(value)?.[1];
  if (name === undefined) throw new Error(`serverless.yml: "${value}" is neither a number nor a parameter`);
  return z.number().parse(defaults[name]);
}

const UNIT_SECONDS = { minute: 60, hour: 3600, day: 86_400 };

/** Seconds of an EventBridge rate such as `rate(5 minutes)`. */
function rateSeconds(schedule: string): number {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule);
  if (match === null) throw new Error(`serverless.yml: the local stack knows no schedule "${schedule}"`);
  const unit = z.enum(['minute', 'hour', 'day']).parse(match[2]);
  return Number(match[1]) * UNIT_SECONDS[unit];
}
