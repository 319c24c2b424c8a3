import type { Failures } from '../../lib/operator/failures.ts';
import type { ResultView } from '../../lib/operator/results.ts';
import { facts, table } from './output.ts';

/** Reasons that are shown; the page and --json have all of them. */
const MAX_REASONS = 5;

/** An evaluation for people: what it is of, its numbers, where it stands, and why documents failed. */
export function resultText(result: ResultView, failures: readonly Failures[]): string {
  return [numbers(result), ...(failures.length > 0 ? [reasons(failures)] : [])].join('\n\n');
}

function reasons(failures: readonly Failures[]): string {
  const rows = failures
    .slice(0, MAX_REASONS)
    .map(({ documents, code, why }) => [String(documents), code === null ? '' : String(code), why]);
  const left = failures.length - rows.length;
  const more =
    left > 0
      ? `\nand ${left} more; each document with what came back: --html FILE`
      : '\neach document with what came back: --html FILE';
  return `${table(['FAILED', 'CODE', 'WHY'], rows)}${more}`;
}

function numbers(result: ResultView): string {
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
