import { pydanticFloat, pydanticInt } from '../python/pydantic.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { alignTail, bareCharacters } from './align.ts';
import { type EvaluatorResponse, ResponseError } from './response.ts';

/** How likely a continuation is after its context. */
export interface Loglikelihood {
  /** Sum of its tokens' log probabilities (natural logarithm). */
  readonly sum: number;
  /** Whether each token is the likeliest in its place. */
  readonly greedy: boolean;
}

/**
 * The loglikelihood of a continuation from an answer with `echo` and `logprobs`, without a tokenizer and without
 * `text_offset`, which real servers shift (LOGLIKELIHOOD-1, LOGLIKELIHOOD-2): generated tokens are dropped from the end; then as many tokens
 * are taken, walking back, as hold the continuation's characters, blanks left out; then the tokens directly before that are
 * blank or empty, since the harness moves blanks at a context's end to the continuation.
 * @throws ResponseError where the server did not echo the prompt with a log probability for each of these tokens
 */
export function loglikelihoodOf(response: EvaluatorResponse, continuation: string): Loglikelihood {
  const choice = response.choices[0];
  const logprobs = choice?.get('logprobs');
  if (!isDict(logprobs))
    throw new ResponseError('The response has no logprobs; the server must support echo with logprobs.');
  const tokens = textsOf(logprobs.get('tokens'));
  const scores = listOf(logprobs.get('token_logprobs'));
  if (tokens === null || scores === null) {
    throw new ResponseError(
      'The response lists no prompt tokens (logprobs.tokens, token_logprobs); its form is not that of /v1/completions.',
    );
  }
  if (tokens.length !== scores.length) {
    throw new ResponseError(`The response lists ${tokens.length} tokens but ${scores.length} log probabilities.`);
  }
  const end = tokens.length - generatedTokens(response.body);
  const start = startOf(tokens, end, continuation);
  const tops = listOf(logprobs.get('top_logprobs'));
  let sum = 0;
  let greedy = true;
  for (let i = start; i < end; i++) {
    const score = pydanticFloat(scores[i] ?? null);
    if (score === null)
      throw new ResponseError(`The response has no log probability for token ${i} of the continuation.`);
    sum += score;
    greedy &&= isLikeliest(score, tops?.[i] ?? null);
  }
  return { sum, greedy };
}

/** Servers that do not say how many tokens they generated made the one that was asked for. */
function generatedTokens(body: PyDict): number {
  const usage = body.get('usage');
  const count = isDict(usage) ? (usage.get('completion_tokens') ?? null) : null;
  return Number(pydanticInt(count) ?? 1n);
}

/** The first token of the continuation; by count where the tokens' texts are not the continuation's. */
function startOf(tokens: readonly string[], end: number, continuation: string): number {
  let start = alignTail({ tokens, end }, continuation) ?? startByCount(tokens, end, continuation);
  while (start > 0 && bareLength(tokens[start - 1] ?? '') === 0) start--;
  if (start >= end) throw new ResponseError('The response lists no token of the continuation.');
  return start;
}

function startByCount(tokens: readonly string[], end: number, continuation: string): number {
  const needed = bareLength(continuation);
  let start = end;
  let covered = 0;
  while (covered < needed) {
    start--;
    const token = tokens[start];
    if (token === undefined) {
      throw new ResponseError('The response does not list the tokens of the prompt; the server must support echo.');
    }
    covered += bareLength(token);
  }
  return start;
}

/** Characters that are not blank to Python, after composition: tokenizers may compose what a text holds in parts. */
function bareLength(text: string): number {
  return bareCharacters(text.normalize('NFC')).length;
}

function isLikeliest(score: number, top: PyValue): boolean {
  if (!isDict(top)) return false;
  let best = Number.NEGATIVE_INFINITY;
  for (const value of top.values()) best = Math.max(best, pydanticFloat(value) ?? Number.NaN);
  return score === best;
}

function listOf(value: PyValue | undefined): readonly PyValue[] | null {
  return Array.isArray(value) ? value : null;
}

function textsOf(value: PyValue | undefined): string[] | null {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null;
}
