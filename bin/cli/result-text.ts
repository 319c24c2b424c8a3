import type { ResultView } from '../../lib/operator/results.ts';
import { facts, table } from './output.ts';

/** An evaluation for people: what it is of, its numbers, and where it stands. */
export function resultText(result: ResultView): string {
  const { selected, metrics } = result;
  const head = facts([
    ['task', result.task],
    ['asked by', result.resolved_task === result.task ? null : result.resolved_task],
    ['supplier', result.address && `${result.address} (${result.service})`],
    ['state', result.state],
    ['error', result.error && `${result.error.code}: ${result.error.message}`],
    ['documents', result.documents === null ? null : `${result.documents}, of which ${result.failed} failed`],
    ['score', selected && `${selected.filter}, ${selected.metric ?? 'first metric'} (by ${selected.source})`],
    ['seed', result.seed],
    ['outcome', result.told ? 'told to the queue evaluated' : 'not told to the queue evaluated yet'],
    ['updated', result.updated_at],
  ]);
  if (metrics.length === 0) return head;
  const rows = metrics.map(({ filter, metric, mean, stderr }) => [
    filter,
    metric,
    mean.toFixed(4),
    stderr === null ? '' : `± ${stderr.toFixed(4)}`,
  ]);
  return `${head}\n\n${table(['FILTER', 'METRIC', 'MEAN', 'STDERR'], rows)}`;
}
