import type { PyValue } from '../python/value.ts';
import { mean, meanStderr } from '../scoring/metrics/numpy.ts';
import type { Scored } from '../scoring/scorer.ts';
import type { MetricSummary } from './records.ts';

/** A metric's value as a number; null where it is something else, such as a pair that only an aggregation understands. */
export function numberIn(value: PyValue | undefined): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  return null;
}

/** Gathers every number of every filter and metric of a task's documents. */
export class Summary {
  readonly #values = new Map<string, { filter: string; metric: string; values: number[] }>();

  /** Takes a document's. */
  add({ metrics }: Scored): void {
    for (const [filter, values] of metrics) {
      for (const [metric, value] of values) {
        const number = numberIn(value);
        if (number === null) continue;
        const key = `${filter},${metric}`;
        const known = this.#values.get(key);
        if (known) known.values.push(number);
        else this.#values.set(key, { filter, metric, values: [number] });
      }
    }
  }

  /** Means with their standard errors. */
  metrics(): MetricSummary[] {
    return [...this.#values.values()].map(({ filter, metric, values }) => ({
      filter,
      metric,
      mean: mean(values),
      stderr: values.length < 2 ? null : meanStderr(values),
      documents: values.length,
    }));
  }
}
