import type { PyValue } from '../python/value.ts';
import { ending, made, usage } from './completion.ts';
import {
  anything,
  dictShape,
  float,
  int,
  listShape,
  literal,
  modelShape,
  neededField,
  nullable,
  optionalField,
  textShape,
} from './shape.ts';

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
