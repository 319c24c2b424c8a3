import { Metrics } from '@aws-lambda-powertools/metrics';
import { expect, it } from 'vitest';
import { addCounts } from '../../lib/lambda/observed.ts';

it('counts of an invocation become metrics of their names, in the unit Count; several of one name stand side by side', () => {
  const metrics = new Metrics({ namespace: 'sampler', serviceName: 'sampler-test' });
  addCounts(metrics, { Prompts: 250, Instances: 125 });
  addCounts(metrics, { Prompts: 10 });
  const { _aws: head, ...values } = metrics.serializeMetrics();
  expect(values).toMatchObject({ service: 'sampler-test', Prompts: [250, 10], Instances: 125 });
  expect(head.CloudWatchMetrics[0]).toMatchObject({
    Namespace: 'sampler',
    Metrics: [
      { Name: 'Prompts', Unit: 'Count' },
      { Name: 'Instances', Unit: 'Count' },
    ],
  });
});
