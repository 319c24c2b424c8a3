/** Names that the stack shares with a deployed service (serverless.yml makes the same ones). */

/** The functions that take messages; each has a queue of its name with a dead-letter queue next to it. */
export const QUEUES = ['register', 'sample', 'shard', 'evaluate'] as const;
/** All queues: also those that only others read. */
export const ALL_QUEUES = [...QUEUES, 'evaluated'] as const;
/** One of them. */
export type QueueName = (typeof ALL_QUEUES)[number];

/** What all names begin with. */
export const SERVICE = 'sampler';
/** What stands for the stage in them. */
export const LOCAL_STAGE = 'local';
/** The account number that emulators use. */
export const LOCAL_ACCOUNT = '000000000000';
/** Any region will do. */
export const LOCAL_REGION = 'us-east-1';

/** `<service>-<stage>-<function>`. */
export function functionName(stage: string, name: string): string {
  return `${SERVICE}-${stage}-${name}`;
}

/** `<service>-<stage>-<queue>`. */
export function queueName(stage: string, queue: QueueName): string {
  return `${SERVICE}-${stage}-${queue}`;
}

/** The dead-letter queue of a queue. */
export function deadLetterName(stage: string, queue: QueueName): string {
  return `${queueName(stage, queue)}-dlq`;
}

/** `<service>-<stage>-datasets-<account>`. */
export function bucketName(stage: string): string {
  return `${SERVICE}-${stage}-datasets-${LOCAL_ACCOUNT}`;
}

/** The environment variables under which the functions find their queues. */
export const QUEUE_URL_VARIABLES = {
  register: 'REGISTER_QUEUE_URL',
  sample: 'SAMPLE_QUEUE_URL',
  shard: 'SHARD_QUEUE_URL',
  evaluate: 'EVALUATE_QUEUE_URL',
  evaluated: 'EVALUATED_QUEUE_URL',
} as const satisfies Record<QueueName, string>;
