import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQS, type SQSClient } from '@aws-sdk/client-sqs';
import {
  ALL_QUEUES,
  bucketName,
  deadLetterName,
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  QUEUE_URL_VARIABLES,
  queueName,
} from './names.ts';

/** A message that failed this often goes to the dead-letter queue (serverless.yml says the same). */
export const MAX_RECEIVE_COUNT = 5;

/** How clients of an emulator are made. */
export interface EmulatorAccess {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/** Emulators take any keys. */
export function emulatorAccess(endpoint: string): EmulatorAccess {
  return { endpoint, region: LOCAL_REGION, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}

/** A client of the emulator's SQS, whatever the environment says. */
export function createLocalSqs(endpoint: string): SQS {
  return new SQS(emulatorAccess(endpoint));
}

/** A client of the emulator's S3, whatever the environment says. */
export function createLocalS3(endpoint: string): S3Client {
  return new S3Client({ ...emulatorAccess(endpoint), forcePathStyle: true });
}

/** What `createResources` made. */
export interface Resources {
  /** Environment variables of the functions that name the queues and the bucket. */
  env: Record<string, string>;
}

/**
 * Makes the queues with their dead-letter queues and the bucket of a stage, as a deployment does; what is there already
 * stays as it is. `visibilityTimeouts` is in seconds for each queue.
 */
export async function createResources(
  endpoint: string,
  stage: string,
  visibilityTimeouts: Partial<Record<(typeof ALL_QUEUES)[number], number>> = {},
): Promise<Resources> {
  const sqs = createLocalSqs(endpoint);
  const s3 = createLocalS3(endpoint);
  try {
    const env: Record<string, string> = {};
    for (const queue of ALL_QUEUES) {
      const deadLetterArn = await createQueue(sqs, endpoint, deadLetterName(stage, queue), {});
      await createQueue(sqs, endpoint, queueName(stage, queue), {
        VisibilityTimeout: String(visibilityTimeouts[queue] ?? 30),
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount: MAX_RECEIVE_COUNT }),
      });
      env[QUEUE_URL_VARIABLES[queue]] = queueUrl(endpoint, queueName(stage, queue));
    }
    const Bucket = bucketName(stage);
    await createBucket(s3, Bucket);
    return { env: { ...env, DATASETS_BUCKET: Bucket } };
  } finally {
    sqs.destroy();
    s3.destroy();
  }
}

/**
 * The URL of a queue at an emulator. Made here and not asked for: the emulators' own answers name hosts that a machine
 * may not resolve, and ports of an earlier run.
 */
export function queueUrl(endpoint: string, name: string): string {
  return `${endpoint}/${LOCAL_ACCOUNT}/${name}`;
}

async function createQueue(
  sqs: SQSClient,
  endpoint: string,
  name: string,
  attributes: Record<string, string>,
): Promise<string> {
  const QueueUrl = queueUrl(endpoint, name);
  const ask = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
  const found = await sqs.send(ask).catch(() => undefined);
  if (found === undefined) await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  const arn = (found ?? (await sqs.send(ask))).Attributes?.['QueueArn'];
  if (arn === undefined) throw new Error(`the queue ${name} has no ARN at ${endpoint}`);
  return arn;
}

async function createBucket(s3: S3Client, Bucket: string): Promise<void> {
  const found = await s3.send(new HeadBucketCommand({ Bucket })).catch(() => undefined);
  if (found === undefined) await s3.send(new CreateBucketCommand({ Bucket }));
}
