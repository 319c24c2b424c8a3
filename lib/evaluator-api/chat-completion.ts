import type { PyValue } from '../python/value.ts';
import { usage } from './completion.ts';
import {
  anything,
  dictOf,
  float,
  int,
  intOrText,
  listOf,
  literal,
  model,
  needed,
  nullable,
  optional,
  text,
} from './shape.ts';

const topLogprob = {
  token: needed(text),
  logprob: optional(float),
  bytes: optional(nullable(listOf(int))),
};

const toolCall = model({
  id: needed(text),
  type: optional(literal('function')),
  function: needed(model({ name: needed(text), arguments: needed(text) })),
});

const chatCompletion = model({
  id: needed(text),
  object: optional(literal('chat.completion')),
  created: optional(int),
  model: needed(text),
  choices: needed(
    listOf(
      model({
        index: needed(int),
        message: needed(
          model({
            role: needed(text),
            content: optional(nullable(text)),
            reasoning_content: optional(nullable(text)),
            // The Python evaluator refuses a null here, which some servers print in every answer.
            tool_calls: optional(nullable(listOf(toolCall))),
          }),
        ),
        logprobs: optional(
          nullable(
            model({
              content: optional(
                nullable(listOf(model({ ...topLogprob, top_logprobs: optional(listOf(model(topLogprob))) }))),
              ),
            }),
          ),
        ),
        finish_reason: optional(nullable(text)),
        stop_reason: optional(nullable(intOrText)),
      }),
    ),
  ),
  usage: needed(usage),
  prompt_logprobs: optional(nullable(listOf(nullable(dictOf(dictOf(anything), 'int'))))),
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
