import { loglikelihoodOf } from '../../../lib/evaluator-api/loglikelihood.ts';
import { ResponseError, readResponse } from '../../../lib/evaluator-api/response.ts';
import { isDict, type PyDict } from '../../../lib/python/value.ts';
import { argmax } from '../../../lib/scoring/metrics/numpy.ts';
import { dictIn, EQUAL, linesOf, listIn, numberOf, textIn, type Verdict } from './lines.ts';

/** What a server and the reference may differ by: they add up in other orders, in float16 in places. */
const TOLERANCE = { absolute: 0.02, relative: 1e-4 };

/** `logprobs.jsonl`: simulated answers; the harness's own reading of them is the expectation. */
export async function* logprobs(path: string): AsyncGenerator<Verdict> {
  for await (const line of linesOf(path)) {
    const what = `logprobs ${JSON.stringify(textIn(line, 'continuation'))}`;
    const [sum, greedy] = listIn(line, 'harness');
    const actual = read(line);
    if (actual instanceof ResponseError) yield { outcome: 'different', what, why: actual.message };
    else if (Math.abs(actual.sum - numberOf(sum)) > 1e-9)
      yield { outcome: 'different', what, why: `${actual.sum} instead of ${numberOf(sum)}` };
    else if (actual.greedy !== greedy)
      yield { outcome: 'different', what, why: `greedy ${actual.greedy} instead of ${String(greedy)}` };
    else yield EQUAL(what);
  }
}

/**
 * `logprobs_live.jsonl.gz`: answers of live servers, against the weights' own likelihoods: sums within 0.02 but for
 * characters that tokenizers don't keep, and the likeliest choice of a document always.
 */
export async function* logprobsLive(path: string): AsyncGenerator<Verdict> {
  const documents = new Map<string, { truth: number[]; read: number[] }>();
  for await (const line of linesOf(path)) {
    const key =
      ['server', 'tokenizer', 'task'].map((name) => textIn(line, name)).join(' ') +
      ` document ${String(line.get('doc_id'))}`;
    const what = `${key} choice ${String(line.get('idx'))}`;
    const truth = numberOf(line.get('truth'));
    const actual = read(line);
    const document = documents.get(key) ?? { truth: [], read: [] };
    documents.set(key, document);
    document.truth.push(truth);
    if (actual instanceof ResponseError) {
      document.read.push(Number.NEGATIVE_INFINITY);
      yield { outcome: 'different', what, why: actual.message };
      continue;
    }
    document.read.push(actual.sum);
    const close = Math.abs(actual.sum - truth) <= Math.max(TOLERANCE.absolute, TOLERANCE.relative * Math.abs(truth));
    const fluid = /[\p{Co}\p{M}]/u.test(textIn(line, 'context') + textIn(line, 'continuation'));
    if (close && actual.greedy === (line.get('greedy') === true)) yield EQUAL(what);
    else if (!close && fluid)
      yield {
        outcome: 'correction',
        what,
        why: `${actual.sum} instead of ${truth}: private-use or combining characters`,
      };
    else
      yield {
        outcome: 'different',
        what,
        why: `${actual.sum}, greedy ${actual.greedy} instead of ${truth}, ${String(line.get('greedy'))}`,
      };
  }
  for (const [what, { truth, read: sums }] of documents) {
    if (truth.length < 2) continue;
    const [wanted, found] = [argmax(truth), argmax(sums)];
    if (wanted === found) yield EQUAL(`${what}: likeliest choice`);
    else yield { outcome: 'different', what: `${what}: likeliest choice`, why: `${found} instead of ${wanted}` };
  }
}

function read(line: PyDict) {
  const response = line.get('response');
  if (!isDict(response)) throw new Error('a line has no response');
  const body = readResponse('/v1/completions', dictIn(line, 'response'));
  if (body.response === null) return new ResponseError(`refused: ${body.problems.join(', ')}`);
  try {
    return loglikelihoodOf(body.response, textIn(line, 'continuation'));
  } catch (error) {
    if (error instanceof ResponseError) return error;
    throw error;
  }
}
