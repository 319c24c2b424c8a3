import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { EmulatorKind } from '../../localstack/emulators.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';

/** What a contract test gets; the members are there once the tests run. */
export interface Subject {
  stack: TestStack;
  sqs: SQSClient;
  s3: S3Client;
  bucket: string;
}

/** Visibility time-out of the queues in the contract tests, in seconds: as short as SQS has it. */
const VISIBILITY_SECONDS = 1;

/**
 * Runs one suite against every emulator of SQS and S3, so that what we rely on holds wherever we run. LocalStack is
 * left out, and counted as skipped, where it is not installed.
 */
export function onEveryEmulator(title: string, suite: (subject: Subject) => void): void {
  const kinds: EmulatorKind[] = ['fauxqs', 'localstack'];
  for (const kind of kinds) {
    const missing = kind === 'localstack' && !inject('hasLocalstack');
    describe.skipIf(missing)(`${title} (${kind})`, () => suite(subjectOf(kind)));
  }
}

function subjectOf(kind: EmulatorKind): Subject {
  let made: Subject | undefined;
  const get = (): Subject => {
    if (made === undefined) throw new Error('the emulator is there only while tests run');
    return made;
  };
  beforeAll(async () => {
    const visibilityTimeouts = { register: VISIBILITY_SECONDS, sample: VISIBILITY_SECONDS, shard: VISIBILITY_SECONDS };
    const stack = await freshStack({ queues: kind, visibilityTimeouts });
    const bucket = required(stack.env, 'DATASETS_BUCKET');
    made = { stack, bucket, sqs: createLocalSqs(stack.endpoint), s3: createLocalS3(stack.endpoint) };
  });
  afterAll(async () => {
    made?.sqs.destroy();
    made?.s3.destroy();
    await made?.stack.dispose();
  });
  return {
    get stack() {
      return get().stack;
    },
    get sqs() {
      return get().sqs;
    },
    get s3() {
      return get().s3;
    },
    get bucket() {
      return get().bucket;
    },
  };
}
