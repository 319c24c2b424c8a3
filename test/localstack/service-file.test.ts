import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { QUEUES, SERVICE } from '../../localstack/names.ts';
import { MAX_RECEIVE_COUNT } from '../../localstack/resources.ts';
import { readServiceFile } from '../../localstack/service-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const service = readServiceFile(ROOT);
const file = load(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'));

it('drives each function that has a queue by it, and the sweep by the clock', () => {
  expect(service.functions.map(({ name, queue, everySeconds }) => [name, queue?.name, everySeconds])).toEqual([
    ...QUEUES.map((name) => [name, name, undefined]),
    ['sweep', undefined, 300],
  ]);
});

it('hides a message for at least six times as long as its function may take', () => {
  for (const { name, timeoutSeconds, queue } of service.functions) {
    if (queue !== undefined) expect(queue.visibilityTimeoutSeconds / timeoutSeconds, name).toBeGreaterThanOrEqual(6);
  }
});

it('deploys the queues and the bucket under the names of the local ones, with as many tries', () => {
  expect(file).toMatchObject({ service: SERVICE });
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
    expect(file).toMatchObject({ resources: { Resources } });
  }
});
