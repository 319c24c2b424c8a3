import * as z from 'zod';
import { evaluateMessage } from './evaluate.ts';
import { registerMessage } from './register.ts';
import { loadPartMessage } from './register-queue.ts';
import { sampleMessage } from './sample.ts';
import { shardMessage } from './shard.ts';

/** The messages by the name of their schema's file in docs/schemas. The Manager sends the first two; the others are our own. */
const MESSAGES = {
  register: registerMessage,
  sample: sampleMessage,
  shard: shardMessage,
  'load-part': loadPartMessage,
  evaluate: evaluateMessage,
} as const;

/** The name of a message's schema. */
export type MessageName = keyof typeof MESSAGES;

/** A JSON Schema. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * What senders may check their messages by (draft 2020-12). It takes whatever the functions take; what they refuse beyond
 * it: half surrogate pairs, text that stands for a number out of bounds, and names that nothing is known under.
 */
export function messageSchemas(): Readonly<Record<MessageName, JsonSchema>> {
  const { register, sample, shard, 'load-part': loadPart, evaluate } = MESSAGES;
  return {
    register: toSchema(register),
    sample: toSchema(sample),
    shard: toSchema(shard),
    'load-part': toSchema(loadPart),
    evaluate: toSchema(evaluate),
  };
}

function toSchema(message: z.ZodType): JsonSchema {
  const schema = z.toJSONSchema(message, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Zod leaves out what a lax type stands for when nothing is sent.
      const { def } = zodSchema._zod;
      if (def.type === 'default') jsonSchema.default = plain(def.defaultValue);
      // The name of a definition is its key here; `id` is another thing in a schema.
      delete jsonSchema['id'];
    },
  });
  return withNulls(schema);
}

/** A preset as JSON has it. */
function plain(preset: unknown): JsonSchema['default'] {
  const value: unknown = preset instanceof Map ? Object.fromEntries(preset) : preset;
  return JSON.parse(JSON.stringify(value));
}

/** A null stands for a known key that was not sent: Go writes its empty slices and maps that way. */
function withNulls(schema: JsonSchema): JsonSchema {
  const { properties, required = [] } = schema;
  if (properties === undefined) return schema;
  const changed = Object.entries(properties).map(([key, value]) => {
    if (typeof value === 'boolean') return [key, value];
    if (required.includes(key)) return [key, withNulls(value)];
    const { description, default: preset, ...rest } = value;
    const outside = { ...(description && { description }), ...(preset !== undefined && { default: preset }) };
    return [key, { ...outside, anyOf: [rest, { type: 'null' }] }];
  });
  return { ...schema, properties: Object.fromEntries(changed) };
}
