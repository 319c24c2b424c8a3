import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { QUEUES, SERVICE } from '../../localstack/names.ts';
import { MAX_RECEIVE_COUNT } from '../../localstack/resources.ts';
import { readServiceFile } from '../../localstack/service-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const service = readServiceFile(ROOT);
const read = (path: string) => load(readFileSync(join(ROOT, path), 'utf8'));

it('drives each function that has a queue by it, and the sweep by the clock', () => {
  expect(service.functions.map(({ name, queue, everySeconds }) => [name, queue?.name, everySeconds])).toEqual([
    ...QUEUES.map((name) => [name, name, undefined]),
    ['sandbox', undefined, undefined],
    ['sweep', undefined, 60],
  ]);
});

it('runs as many batches at a time as a deployment without parameters', () => {
  expect(service.functions.map(({ queue }) => queue?.maximumConcurrency)).toEqual([2, 4, 8, 4, undefined, undefined]);
});

it('deploys the queues under the names of the local ones, with as many tries', () => {
  expect(read('serverless.yml')).toMatchObject({ service: SERVICE });
  for (const queue of QUEUES) {
    const id = `${queue[0]?.toUpperCase()}${queue.slice(1)}`;
    const Resources = {
      [`${id}Queue`]: {
        Properties: {
          QueueName: `\${self:service}-\${sls:stage}-${queue}`,
          RedrivePolicy: {
            deadLetterTargetArn: { 'Fn::GetAtt': [`${id}DeadLetters`, 'Arn'] },
            maxReceiveCount: MAX_RECEIVE_COUNT,
          },
        },
      },
      [`${id}DeadLetters`]: { Properties: { QueueName: `\${self:service}-\${sls:stage}-${queue}-dlq` } },
    };
    expect(read('deploy/queues.yml')).toMatchObject({ Resources });
  }
});
