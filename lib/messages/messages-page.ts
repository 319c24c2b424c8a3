import { type JsonSchema, type MessageName, messageSchemas } from './json-schema.ts';

/** Bodies as they are sent, one or two a message. */
export const EXAMPLES: Readonly<Record<MessageName, readonly string[]>> = {
  register: ['{"framework": "lmeh", "tasks": "gsm8k,mmlu_*"}'],
  sample: [
    '{"framework": "lmeh", "tasks": "mmlu_high_school_macroeconomics", "requester_args": {"address": "SUPPLIER_ADDRESS", "service": "SERVICE_CODE"}, "blacklist": [11, 12], "qty": 15}',
    '{"framework": "lmeh", "tasks": "gsm8k", "requester_args": {"address": "SUPPLIER_ADDRESS", "service": "SERVICE_CODE", "path": "/v1/completions"}, "doc_ids": [7480, 7473], "gen_kwargs": {"temperature": 0.7}, "num_fewshot": 3}',
  ],
  shard: ['{"plan": "65f0a1b2c3d4e5f60718293a", "shard": 1, "offset": 250, "docs": "250-498,500"}'],
  evaluate: ['{"task_id": "65f0a1b2c3d4e5f60718293a"}'],
  'load-part': ['{"load": "3f2b8c1e-5d47-4a09-9f6e-0c1d2e3f4a5b", "part": 2}'],
};

/** The page `docs/messages.md`: every key of every message, from the schemas by which the functions read them. */
export function messagesPage(): string {
  const schemas = messageSchemas();
  const parts: readonly MessageName[] = ['register', 'sample', 'evaluate', 'shard', 'load-part'];
  return `${[
    '# Messages',
    'Generated from `lib/messages` by `npm run docs`; not edited by hand.',
    'A body is one JSON object in UTF-8 and one request. A key that is not listed is refused, by name; a key that is `null` counts ' +
      'as not sent. Numbers and flags may come as text (`"7"`, `"true"`), as the Python service takes them. A message that is refused ' +
      'goes to the dead-letter queue at once, every wrong key named in its attribute `error-message`.',
    'Senders can check their messages by the JSON Schema (draft 2020-12) named with each. What a schema takes can still be ' +
      'refused for what only the service knows: unknown tasks, ids outside the split, data sets that are not there.',
    'A sender of many messages names a `MessageGroupId` with each, which is no part of the body: the supplier asked, or whoever ' +
      'the message is for. The queues are standard ones, and keep no order; SQS then serves quiet groups first, so that ten ' +
      'thousand messages for one supplier do not hold up the two for another (fair queues). `sample` does so for its shards, ' +
      'the clock for what is to be evaluated.',
    ...parts.flatMap((name) => section(name, schemas[name])),
    ...definitions(schemas.sample),
  ].join('\n\n')}\n`;
}

function section(name: MessageName, schema: JsonSchema): string[] {
  const title = schema.title ?? name;
  const rules =
    schema.oneOf === undefined
      ? []
      : ['Of `qty` and `doc_ids`, exactly one counts: the other is left out, 0 or empty.'];
  return [
    `## ${title[0]?.toUpperCase()}${title.slice(1)}`,
    `${schema.description} Schema: [schemas/${name}.json](schemas/${name}.json).`,
    ...EXAMPLES[name].map((body) => `\`\`\`json\n${body}\n\`\`\``),
    ...rules,
    table(rowsOf(schema, '', schema)),
  ];
}

/** A row per key; the keys of an object with keys of its own come below it. */
function rowsOf(schema: JsonSchema, above: string, root: JsonSchema): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (typeof value === 'boolean') return [];
    const preset = value.default === undefined ? '' : code(JSON.stringify(value.default));
    const needed = schema.required?.includes(key) ? 'needed' : preset;
    const row = [code(`${above}${key}`), typeOf(value, root), needed, value.description ?? ''];
    return [row, ...rowsOf(value, `${above}${key}.`, root)];
  });
}

/** A type in words. */
function typeOf(schema: JsonSchema, root: JsonSchema): string {
  const { $ref, anyOf, type, items, additionalProperties } = schema;
  if ($ref !== undefined) return root.$defs?.[$ref.replace('#/$defs/', '')]?.title ?? $ref;
  if (anyOf !== undefined) {
    return anyOf
      .filter((one) => one.type !== 'null')
      .map((one) => typeOf(one, root))
      .join(' or ');
  }
  if (Array.isArray(type)) return type.map((one) => typeOf({ type: one }, root)).join(' or ');
  if (type === 'array' && typeof items === 'object' && !Array.isArray(items)) return `list: ${typeOf(items, root)}`;
  if (type === 'object') return typeof additionalProperties === 'object' ? 'object of texts' : 'object';
  return type === 'string' ? 'text' : String(type);
}

/** What the types that have names take. */
function definitions({ $defs = {} }: JsonSchema): string[] {
  const rows = Object.values($defs).map(({ title = '', anyOf = [] }) => [title, anyOf.map(formOf).join('; ')]);
  return ['## Numbers and flags', table(rows, ['type', 'taken as'])];
}

function formOf({ type, minimum, maximum, exclusiveMaximum, pattern, enum: values, description }: JsonSchema): string {
  if (values !== undefined) return values.map((value) => code(String(value))).join(' or ');
  if (type === 'integer') {
    return exclusiveMaximum === undefined
      ? `an integer from ${minimum} to ${maximum}`
      : 'an integer from -2^63, below 2^63';
  }
  if (type === 'string') return `text like ${code(pattern ?? '')}`;
  return description === undefined ? 'a boolean' : `a boolean, which ${description}`;
}

function table(rows: readonly string[][], head: readonly string[] = ['key', 'type', 'if not sent', 'meaning']): string {
  const cells = [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))];
  return cells.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
