import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** How much of what was done, by the name of the metric, e.g. `{ Prompts: 250 }`. */
export type Counts = Readonly<Record<string, number>>;

/** Adds counts to the metrics of the invocation. */
export function addCounts(metrics: Metrics, counts: Counts): void {
  for (const [name, count] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, count);
}
