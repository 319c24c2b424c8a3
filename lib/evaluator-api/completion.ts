import type { PyValue } from '../python/value.ts';
import {
  anything,
  dictShape,
  float,
  int,
  intOrText,
  listShape,
  modelShape,
  neededField,
  nullable,
  optionalField,
  type Shape,
  textShape,
} from './shape.ts';

/** `usage`, the same for both kinds of answers. */
export const usage: Shape = modelShape({
  prompt_tokens: optionalField(int),
  total_tokens: optionalField(int),
  completion_tokens: optionalField(nullable(int)),
});

/** When an answer was made, and by which model: the same for both kinds of answers. */
export const made = { created: optionalField(int), model: neededField(textShape) };

/** Why a choice ended where it does: the same for both kinds of answers. */
export const ending = {
  finish_reason: optionalField(nullable(textShape)),
  stop_reason: optionalField(nullable(intOrText)),
};

const logprobs = modelShape({
  text_offset: optionalField(listShape(int)),
  token_logprobs: optionalField(listShape(nullable(float))),
  tokens: optionalField(listShape(textShape)),
  top_logprobs: optionalField(nullable(listShape(nullable(dictShape(float))))),
});

const completion = modelShape({
  id: optionalField(textShape),
  object: optionalField(textShape),
  ...made,
  choices: neededField(
    listShape(
      modelShape({
        index: neededField(int),
        text: neededField(textShape),
        logprobs: optionalField(nullable(logprobs)),
        ...ending,
        prompt_logprobs: optionalField(anything),
      }),
    ),
  ),
  usage: neededField(usage),
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
