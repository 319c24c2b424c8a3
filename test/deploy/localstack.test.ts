import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetBucketEncryptionCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, type QueueAttributeName, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bucketName, deadLetterName, QUEUES, queueName } from '../../localstack/names.ts';
import { createLocalS3, createLocalSqs, queueUrl } from '../../localstack/resources.ts';
import { readServiceFile } from '../../localstack/service-file.ts';
import { packageService } from '../helpers/serverless.ts';
import { freshStack, type TestStack } from '../helpers/stack.ts';
import { createStack } from './stacks.ts';
import { parseTemplate, type Template } from './template.ts';

/** What LocalStack can't make without Docker: the functions and what hangs on them. */
const NEEDS_FUNCTIONS = /^AWS::(Lambda|Events)::/;
const STAGE = 'deployed';

describe.skipIf(!inject('hasLocalstack'))('a deployment without its functions (localstack)', () => {
  let stack: TestStack;
  let outputs: Map<string, string>;
  let sqs: SQSClient;
  let s3: S3Client;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'package-'));
    const template = parseTemplate(packageService(folder, STAGE));
    rmSync(folder, { recursive: true });
    stack = await freshStack({ queues: 'localstack' });
    sqs = createLocalSqs(stack.endpoint);
    s3 = createLocalS3(stack.endpoint);
    outputs = await createStack(stack.endpoint, `sampler-${STAGE}`, withoutFunctions(template));
  });
  afterAll(async () => {
    sqs.destroy();
    s3.destroy();
    await stack.dispose();
  });

  function withoutFunctions({ Resources, Outputs }: Template): Template {
    const kept = Object.entries(Resources).filter(([, { Type }]) => !NEEDS_FUNCTIONS.test(Type));
    return { Resources: Object.fromEntries(kept), Outputs };
  }

  async function attributes(name: string): Promise<Partial<Record<QueueAttributeName, string>>> {
    const QueueUrl = queueUrl(stack.endpoint, name);
    return (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
  }

  it('makes the queues under the names of the contract, hiding messages as long as the local ones do', async () => {
    const { functions } = readServiceFile(join(import.meta.dirname, '..', '..'));
    for (const name of QUEUES) {
      const { VisibilityTimeout } = await attributes(queueName(STAGE, name));
      const local = functions.find(({ queue }) => queue?.name === name)?.queue;
      expect(Number(VisibilityTimeout), name).toBe(local?.visibilityTimeoutSeconds);
    }
  });

  it('gives each queue a dead-letter queue that takes messages from it alone', async () => {
    for (const name of QUEUES) {
      const source = await attributes(queueName(STAGE, name));
      const dead = await attributes(deadLetterName(STAGE, name));
      expect(JSON.parse(source.RedrivePolicy ?? '')).toEqual({
        deadLetterTargetArn: dead.QueueArn,
        maxReceiveCount: 5,
      });
      expect(JSON.parse(dead.RedriveAllowPolicy ?? '')).toEqual({
        redrivePermission: 'byQueue',
        sourceQueueArns: [source.QueueArn],
      });
    }
  });

  it('encrypts every queue and refuses connections that are not', async () => {
    for (const name of QUEUES.flatMap((queue) => [queueName(STAGE, queue), deadLetterName(STAGE, queue)])) {
      const { SqsManagedSseEnabled, Policy = '', QueueArn } = await attributes(name);
      expect(SqsManagedSseEnabled, name).toBe('true');
      expect(JSON.parse(Policy).Statement).toEqual([
        expect.objectContaining({ Effect: 'Deny', Action: 'sqs:*', Resource: QueueArn }),
      ]);
    }
  });

  it('makes the bucket under the name of the contract, encrypted and closed', async () => {
    const Bucket = bucketName(STAGE);
    await s3.send(new HeadBucketCommand({ Bucket }));
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(ServerSideEncryptionConfiguration?.Rules).toMatchObject([
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ]);
    const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
    expect(JSON.parse(Policy).Statement[0]).toMatchObject({ Effect: 'Deny', Action: 's3:*' });
  });

  it('tells where things are', () => {
    expect(outputs.get('DatasetsBucketName')).toBe(bucketName(STAGE));
    for (const name of QUEUES) {
      const output = `${name[0]?.toUpperCase()}${name.slice(1)}QueueUrl`;
      expect(outputs.get(output)?.endsWith(`/${queueName(STAGE, name)}`), output).toBe(true);
    }
    expect(outputs.get('AlarmTopicArn')).toContain(`:sampler-${STAGE}-alarms`);
  });
});
