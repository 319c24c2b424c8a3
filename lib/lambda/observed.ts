import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { FunctionRuntime } from './runtime.ts';

/** What every function does around its work: its log lines name the invocation, its metrics go out, its trace is taken. */
export function observed({ log, metrics, tracer }: Pick<FunctionRuntime<never>, 'log' | 'metrics' | 'tracer'>) {
  return [
    captureLambdaHandler(tracer, { captureResponse: false }),
    injectLambdaContext(log.powertools),
    logMetrics(metrics, { captureColdStartMetric: true }),
  ];
}

/** How much of what was done, by the name of the metric, e.g. `{ Prompts: 250 }`. */
export type Counts = Readonly<Record<string, number>>;

/** Adds counts to the metrics of the invocation. */
export function addCounts(metrics: Metrics, counts: Counts): void {
  for (const [name, count] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, count);
}
