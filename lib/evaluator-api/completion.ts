import type { PyValue } from '../python/value.ts';
import {
  anything,
  dictShape,
  float,
  int,
  intOrText,
  listShape,
  literal,
  modelShape,
  neededField,
  nullable,
  optionalField,
  type Shape,
  textShape,
} from './shape.ts';

/** `usage`, the same for both kinds of answers. */
const usage: Shape = modelShape({
  prompt_tokens: optionalField(int),
  total_tokens: optionalField(int),
  completion_tokens: optionalField(nullable(int)),
});

/** When an answer was made, and by which model: the same for both kinds of answers. */
const made = { created: optionalField(int), model: neededField(textShape) };

/** Why a choice ended where it does: the same for both kinds of answers. */
const ending = {
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

const topLogprob = {
  token: neededField(textShape),
  logprob: optionalField(float),
  bytes: optionalField(nullable(listShape(int))),
};

const toolCall = modelShape({
  id: neededField(textShape),
  type: optionalField(literal('function')),
  function: neededField(modelShape({ name: neededField(textShape), arguments: neededField(textShape) })),
});

const chatCompletion = modelShape({
  id: neededField(textShape),
  object: optionalField(literal('chat.completion')),
  ...made,
  choices: neededField(
    listShape(
      modelShape({
        index: neededField(int),
        message: neededField(
          modelShape({
            role: neededField(textShape),
            content: optionalField(nullable(textShape)),
            reasoning_content: optionalField(nullable(textShape)),
            // The Python evaluator refuses a null here, which some servers print in every answer.
            tool_calls: optionalField(nullable(listShape(toolCall))),
          }),
        ),
        logprobs: optionalField(
          nullable(
            modelShape({
              content: optionalField(
                nullable(
                  listShape(
                    modelShape({ ...topLogprob, top_logprobs: optionalField(listShape(modelShape(topLogprob))) }),
                  ),
                ),
              ),
            }),
          ),
        ),
        ...ending,
      }),
    ),
  ),
  usage: neededField(usage),
  prompt_logprobs: optionalField(nullable(listShape(nullable(dictShape(dictShape(anything), 'int'))))),
});

/**
 * What is wrong with a body as the answer of `/v1/chat/completions`, as the Python evaluator's model sees it
 * (RESPONSE-5), but for `tool_calls: null`, which is fine here.
 * @returns one line a problem, e.g. `choices.0.message.role: missing`; none where the body is accepted
 */
export function chatCompletionProblems(body: PyValue): string[] {
  const problems: string[] = [];
  chatCompletion(body, '', problems);
  return problems;
}
