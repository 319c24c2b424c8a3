import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { Runtime } from './runtime.ts';

/** What every function does around its work: its log lines name the invocation, its metrics go out, its trace is taken. */
export function observed({ log, metrics, tracer }: Pick<Runtime<never>, 'log' | 'metrics' | 'tracer'>) {
  return [
    captureLambdaHandler(tracer, { captureResponse: false }),
    injectLambdaContext(log.powertools),
    logMetrics(metrics, { captureColdStartMetric: true }),
  ];
}
