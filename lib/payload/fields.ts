import {
  anyOf,
  BOOL,
  type Field,
  FLOAT,
  INT,
  INT64_TYPE,
  listType,
  model,
  OBJECT,
  objectType,
  oneOf,
  optional,
  required,
  TEXT,
} from './field-types.ts';

/** `stop`: one sequence or several. */
const STOP = anyOf(TEXT, listType(TEXT));
const FUNCTION_TYPE = optional('type', oneOf('function'), '"function"');

const RESPONSE_FORMAT = model([
  required('type', oneOf('text', 'json_object', 'json_schema')),
  optional(
    'json_schema',
    model([
      required('name', TEXT),
      optional('description', TEXT),
      optional('schema', OBJECT),
      optional('strict', BOOL),
    ]),
  ),
]);
const STREAM_OPTIONS = model([
  optional('include_usage', BOOL, 'true'),
  optional('continuous_usage_stats', BOOL, 'true'),
]);
const TOOL = model([
  { ...FUNCTION_TYPE, nullable: false },
  required('function', model([required('name', TEXT), optional('description', TEXT), optional('parameters', OBJECT)])),
]);
const NAMED_TOOL = model([
  required('function', model([required('name', TEXT)])),
  { ...FUNCTION_TYPE, nullable: false },
]);

/**
 * Fields of a chat request behind `messages`, in the order in which they are printed. Whatever is not among them is printed
 * at the end, as it came.
 */
export const CHAT_FIELDS: readonly Field[] = [
  required('model', TEXT),
  optional('frequency_penalty', FLOAT, '0.0'),
  optional('logit_bias', objectType(FLOAT)),
  optional('logprobs', BOOL, 'false'),
  optional('top_logprobs', INT, '0'),
  optional('max_tokens', INT),
  optional('max_completion_tokens', INT),
  optional('n', INT, '1'),
  optional('presence_penalty', FLOAT, '0.0'),
  optional('response_format', RESPONSE_FORMAT),
  optional('seed', INT64_TYPE),
  optional('stop', STOP, '[]'),
  optional('stream', BOOL, 'false'),
  optional('stream_options', STREAM_OPTIONS),
  optional('temperature', FLOAT),
  optional('top_p', FLOAT),
  optional('tools', listType(TOOL)),
  optional('tool_choice', anyOf(oneOf('none', 'auto'), NAMED_TOOL), '"none"'),
  optional('parallel_tool_calls', BOOL, 'false'),
  optional('user', TEXT),
];

/** Fields of a completion request behind `model` and `prompt`, in the order in which they are printed; others are dropped. */
export const COMPLETION_FIELDS: readonly Field[] = [
  optional('best_of', INT),
  optional('echo', BOOL, 'false'),
  optional('frequency_penalty', FLOAT, '0.0'),
  optional('logit_bias', objectType(FLOAT)),
  optional('logprobs', INT),
  optional('max_tokens', INT, '16'),
  optional('n', INT, '1'),
  optional('presence_penalty', FLOAT, '0.0'),
  optional('seed', INT64_TYPE),
  optional('stop', STOP, '[]'),
  optional('stream', BOOL, 'false'),
  optional('stream_options', STREAM_OPTIONS),
  optional('suffix', TEXT),
  optional('temperature', FLOAT),
  optional('top_p', FLOAT),
  optional('user', TEXT),
];
