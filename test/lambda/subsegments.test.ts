import { Tracer } from '@aws-lambda-powertools/tracer';
import xray from 'aws-xray-sdk-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { inSubsegment } from '../../lib/lambda/queue-function.ts';

beforeAll(() => {
  // Only in a function is anything traced.
  vi.stubEnv('AWS_EXECUTION_ENV', 'AWS_Lambda_nodejs24.x');
  vi.stubEnv('LAMBDA_TASK_ROOT', '/var/task');
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-557abcec-3e5a070547bfb08a35c0c4b0;Parent=557abcec3e5a0705;Sampled=1');
});
afterAll(() => vi.unstubAllEnvs());

it('messages that are worked on side by side are parts of the invocation, each with what belongs to it', async () => {
  const tracer = new Tracer({ captureHTTPsRequests: false });
  const invocation = new xray.Segment('invocation');
  const secondEnded = Promise.withResolvers<void>();
  const current = await tracer.provider.getNamespace().runAndReturn(async () => {
    tracer.setSegment(invocation);
    const first = inSubsegment(tracer, 'message', { requestId: 'first' }, async () => {
      await secondEnded.promise;
      tracer.putAnnotation('ended', 'last');
    });
    await inSubsegment(tracer, 'message', { requestId: 'second' }, async () => {
      await Promise.resolve();
      tracer.putAnnotation('ended', 'before');
    });
    secondEnded.resolve();
    await first;
    return tracer.getSegment();
  });
  expect(current).toBe(invocation);
  expect(invocation.subsegments).toMatchObject([
    { name: 'message', annotations: { requestId: 'first', ended: 'last' } },
    { name: 'message', annotations: { requestId: 'second', ended: 'before' } },
  ]);
  for (const part of invocation.subsegments ?? []) expect(part.isClosed()).toBe(true);
});
