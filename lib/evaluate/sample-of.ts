import { PyError, PyOverBounds } from '../python/exceptions.ts';
import type { Scored } from '../scoring/scorer.ts';
import type { AskedDocument } from './answers.ts';
import { STATUS } from './classify.ts';
import { MAX_ERROR_BYTES, type Sample, storableStart } from './samples.ts';
import { numberIn } from './summary.ts';

/** Why an answer that was scored has no score. */
export const NO_NUMBER = 'no metric of the chosen filter is one number for a document.';

/** What `results` tells of a document, and its scores where it has any. @param outcome of the scorer, or what it raised */
export function sampleOf(
  selected: { readonly filter: string; readonly metric: string | null },
  { docId: id, failed, runTime }: AskedDocument,
  outcome: Scored | PyError | null,
): { sample: Sample; scored: Scored | null } {
  const failure = (code: number, error: string) => ({
    sample: { id, score: 0, runTime: 0, code, error: storableStart(error, MAX_ERROR_BYTES) },
    scored: null,
  });
  if (failed) return failure(failed.code, failed.error);
  if (outcome === null) return failure(STATUS.noResponse, 'no response');
  // Only an answer made for it keeps the harness's regular expressions busy that long.
  if (outcome instanceof PyOverBounds)
    return failure(STATUS.badResponse, `The answer can't be scored: ${outcome.message}`);
  // The harness would stop here with the whole task; the document's supplier did nothing wrong.
  if (outcome instanceof PyError)
    return failure(STATUS.unscored, `The harness can't score this answer: ${outcome.message}`);
  const score = scoreIn(outcome, selected);
  if (score === null) return failure(STATUS.unscored, NO_NUMBER);
  return { sample: { id, score, runTime, code: STATUS.ok, error: '' }, scored: outcome };
}

/** The selected metric, or the first that is one number. */
function scoreIn(
  { metrics }: Scored,
  { filter, metric }: { readonly filter: string; readonly metric: string | null },
): number | null {
  const values = metrics.get(filter);
  if (!values) return null;
  if (metric !== null) return numberIn(values.get(metric));
  for (const value of values.values()) {
    const number = numberIn(value);
    if (number !== null) return number;
  }
  return null;
}
