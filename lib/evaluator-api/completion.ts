import type { PyValue } from '../python/value.ts';
import {
  anything,
  dictOf,
  float,
  int,
  intOrText,
  listOf,
  model,
  needed,
  nullable,
  optional,
  type Shape,
  text,
} from './shape.ts';

/** `usage`, the same for both kinds of answers. */
export const usage: Shape = model({
  prompt_tokens: optional(int),
  total_tokens: optional(int),
  completion_tokens: optional(nullable(int)),
});

const logprobs = model({
  text_offset: optional(listOf(int)),
  token_logprobs: optional(listOf(nullable(float))),
  tokens: optional(listOf(text)),
  top_logprobs: optional(nullable(listOf(nullable(dictOf(float))))),
});

const completion = model({
  id: optional(text),
  object: optional(text),
  created: optional(int),
  model: needed(text),
  choices: needed(
    listOf(
      model({
        index: needed(int),
        text: needed(text),
        logprobs: optional(nullable(logprobs)),
        finish_reason: optional(nullable(text)),
        stop_reason: optional(nullable(intOrText)),
        prompt_logprobs: optional(anything),
      }),
    ),
  ),
  usage: needed(usage),
});

/**
 * What is wrong with a body as the answer of `/v1/completions`, as the Python evaluator's model sees it (RESPONSE-4).
 * @returns one line a problem, e.g. `choices.0.text: string_type`; none where the body is accepted
 */
export function completionProblems(body: PyValue): string[] {
  const problems: string[] = [];
  completion(body, '', problems);
  return problems;
}
