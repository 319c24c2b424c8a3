import { type Loglikelihood, loglikelihoodOf } from '../evaluator-api/loglikelihood.ts';
import { type ApiPath, type EvaluatorResponse, generationOf, ResponseError } from '../evaluator-api/response.ts';
import type { PyValue } from '../python/value.ts';
import { classify, type Failed, STATUS } from './classify.ts';
import { MAX_ERROR_BYTES, storableStart } from './samples.ts';

/** How a task's instances are asked. */
export type RequestType = 'generate_until' | 'loglikelihood';

/** What came back for one prompt: what of it is scored, or why it counts as no answer. */
export type Answer =
  | {
      readonly failed: null;
      /** Of a generation. */
      readonly text: string | null;
      readonly likelihood: Loglikelihood | null;
      readonly ms: number;
    }
  | { readonly failed: Failed };

/** Of a prompt without a response. */
export const NO_RESPONSE: Failed = { code: STATUS.noResponse, error: 'no response' };

/**
 * Reads a response.
 * @param continuation of a loglikelihood: what follows the context; where it begins, its tokens count
 * @param promptBroken whether the prompt's own text is no JSON: then no answer to it counts (RESPONSE-13)
 */
export function readAnswer(
  response: ReadonlyMap<string, PyValue>,
  path: ApiPath,
  requestType: RequestType,
  continuation: string,
  promptBroken: boolean,
): Answer {
  const classified = classify(response, path);
  // Whoever sends no answer may send much of it.
  if (classified.failed) {
    const { code, error } = classified.failed;
    return { failed: { code, error: storableStart(error, MAX_ERROR_BYTES) } };
  }
  if (promptBroken) return { failed: { code: STATUS.badResponse, error: 'Bad JSON data format (prompt)' } };
  const { answer, ms } = classified;
  try {
    return { failed: null, ms, ...scoredPart(answer, requestType, continuation) };
  } catch (error) {
    if (error instanceof ResponseError) return { failed: { code: STATUS.badResponse, error: error.message } };
    throw error;
  }
}

function scoredPart(answer: EvaluatorResponse, requestType: RequestType, continuation: string) {
  return requestType === 'loglikelihood'
    ? { text: null, likelihood: loglikelihoodOf(answer, continuation) }
    : { text: generationOf(answer), likelihood: null };
}
