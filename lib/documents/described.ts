/** What MongoDB calls the types of values that stand in our documents. */
export type BsonType =
  | 'objectId'
  | 'string'
  | 'int'
  | 'long'
  | 'double'
  | 'bool'
  | 'date'
  | 'object'
  | 'array'
  | 'null';

/** A field of a stored document: what MongoDB holds, what it means, and who changes it after it was written. */
export interface StoredField {
  readonly types: readonly BsonType[];
  readonly meaning: string;
  /** Not in every document. */
  readonly optional?: true;
  /** Who changes it later, and to what. */
  readonly changes?: string;
  /** Of an object with fields of its own. */
  readonly fields?: StoredFields;
  /** Of an array: its items' types, or the fields of each item. */
  readonly items?: readonly BsonType[] | StoredFields;
}

/** Fields by name, in the order in which they stand. */
export type StoredFields = Readonly<Record<string, StoredField>>;

/** Several forms of documents in one collection. */
export interface StoredCollection {
  readonly name: string;
  readonly what: string;
  /** Who writes a document, once. */
  readonly writer: string;
  /** Each form of its documents by its name. */
  readonly forms: Readonly<Record<string, StoredFields>>;
}

/** A schema as MongoDB's `$jsonSchema` has it. */
export interface MongoSchema {
  readonly bsonType?: BsonType | readonly BsonType[];
  readonly description?: string;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly properties?: Readonly<Record<string, MongoSchema>>;
  readonly items?: MongoSchema;
  readonly anyOf?: readonly MongoSchema[];
}

/** The schema of a collection's documents, which MongoDB itself can check: `db.tasks.find({$nor: [{$jsonSchema: ...}]})`. */
export function mongoSchema({ forms }: StoredCollection): MongoSchema {
  const [only, ...others] = Object.values(forms).map(objectSchema);
  return only !== undefined && others.length === 0 ? only : { anyOf: Object.values(forms).map(objectSchema) };
}

function objectSchema(fields: StoredFields): MongoSchema {
  const entries = Object.entries(fields);
  const required = entries.filter(([, { optional }]) => !optional).map(([name]) => name);
  return {
    bsonType: 'object',
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    properties: Object.fromEntries(entries.map(([name, field]) => [name, fieldSchema(field)])),
  };
}

function fieldSchema({ types, meaning, fields, items }: StoredField): MongoSchema {
  const { required, properties } = fields ? objectSchema(fields) : {};
  return {
    bsonType: types.length === 1 && types[0] !== undefined ? types[0] : types,
    description: meaning,
    ...(required && { required }),
    ...(properties && { additionalProperties: false, properties }),
    ...(items && { items: isTypes(items) ? { bsonType: items } : objectSchema(items) }),
  };
}

function isTypes(items: readonly BsonType[] | StoredFields): items is readonly BsonType[] {
  return Array.isArray(items);
}

const INTEGER = ['int', 'long'] as const;
/** Of whatever a data set or a sender put there. */
const ANY = ['object', 'array', 'string', 'int', 'long', 'double', 'bool', 'null'] as const;

/** `tasks` (DOCUMENT-1, DOCUMENT-2). */
export const TASKS: StoredCollection = {
  name: 'tasks',
  what: 'A task that was asked of a supplier. It is written last: where it is, all its instances and prompts are.',
  writer: 'the last shard of its plan; for signatures, `sample`',
  forms: {
    task: {
      _id: {
        types: ['objectId'],
        meaning: 'Derived from the request and the task; the `_id` of its plan in `sample_requests`.',
      },
      framework: { types: ['string'], meaning: 'As in the message.' },
      requester_args: {
        types: ['object'],
        meaning: 'Whom to ask, and how.',
        changes: 'the Requester writes it back as it read it',
        fields: {
          address: { types: ['string'], meaning: 'The supplier.' },
          service: { types: ['string'], meaning: 'The service.' },
          method: { types: ['string'], meaning: 'HTTP method.' },
          path: {
            types: ['string'],
            meaning: '`/v1/chat/completions` or `/v1/completions`; of signatures, where they are had.',
          },
          headers: { types: ['object', 'null'], meaning: 'HTTP headers.' },
        },
      },
      blacklist: { types: ['array'], items: INTEGER, meaning: 'Ids that were not to be drawn, as in the message.' },
      llm_args: {
        types: ['object', 'null'],
        meaning: "The message's, with the three keys that the Python service adds; null for signatures.",
      },
      num_fewshot: {
        types: [...INTEGER, 'null'],
        meaning: 'Shots asked for, by the message or else the override table; null where neither says any.',
      },
      gen_kwargs: { types: ['object', 'string', 'null'], meaning: "The message's." },
      bootstrap_iters: { types: INTEGER, meaning: "The message's, or 100000." },
      system_instruction: { types: ['string', 'null'], meaning: "The message's." },
      apply_chat_template: { types: ['bool'], meaning: 'Whether prompts are chats.' },
      fewshot_as_multiturn: { types: ['bool'], meaning: 'Whether worked examples are turns of their own.' },
      confirm_run_unsafe_code: { types: ['bool', 'null'], meaning: "The message's; null for signatures." },
      qty: { types: ['int'], meaning: 'Documents asked.' },
      tasks: { types: ['string'], meaning: 'Name of the task that was asked for.' },
      total_instances: { types: ['int'], meaning: 'Instances written.' },
      request_type: { types: ['string'], meaning: '`generate_until` or `loglikelihood`; empty for signatures.' },
      done: { types: ['bool'], meaning: 'Whether all was asked.', changes: 'the Requester sets it true' },
      evaluated: {
        types: ['bool'],
        meaning: 'Whether it was scored.',
        changes: '`evaluate` sets it true, with the `results`',
      },
      drop: {
        types: ['bool'],
        meaning: "Whether it can't be scored.",
        changes: '`evaluate` sets it true, with the `results`',
      },
      creation_date: { types: ['date'], meaning: 'When its plan was made, or was begun again after a sweep.' },
      seed: { types: INTEGER, optional: true, meaning: 'What its documents were drawn with.' },
      random_seed: { types: INTEGER, optional: true, meaning: "The Manager's seed, in place of `seed`." },
      resolved_task: { types: ['string'], optional: true, meaning: 'The twin that was asked in its place.' },
    },
  },
};

const PLACE = {
  task_id: { types: ['objectId'], meaning: '`_id` of its task.' },
  done: { types: ['bool'], meaning: 'Whether it was asked.', changes: 'the Requester sets it true' },
  creation_date: { types: ['date'], meaning: "Its task's." },
} as const satisfies StoredFields;

/** `instances` (DOCUMENT-3). */
export const INSTANCES: StoredCollection = {
  name: 'instances',
  what: 'One thing asked about one document: a generation, or the likelihood of one choice.',
  writer: 'the shard that its document is in; for signatures, `sample`',
  forms: {
    'of the harness': {
      _id: { types: ['objectId'], meaning: 'Derived from the plan, its date, the document and `idx`.' },
      request_type: { types: ['string'], meaning: '`generate_until` or `loglikelihood`.' },
      doc: {
        types: ['object'],
        meaning: 'The document: `__id`, then its columns, in their order; ints and floats kept apart.',
      },
      arguments: {
        types: ['array'],
        items: ANY,
        meaning:
          'Context and generation arguments; or context and continuation. The context of a chat is its messages as JSON text.',
      },
      idx: { types: ['int'], meaning: 'Number of the choice; 0 of a generation.' },
      metadata: { types: ['array'], items: ['string', 'int'], meaning: 'Task, `doc_id`, `repeats`.' },
      task_name: { types: ['string'], meaning: 'The task asked: the twin where there is one.' },
      doc_id: {
        types: ['int'],
        meaning:
          "The row's `__id`, or the position in the processed split where the task's functions multiply or merge rows.",
      },
      repeats: { types: ['int'], meaning: 'Answers wanted.' },
      ...PLACE,
    },
    'of signatures': {
      _id: { types: ['objectId'], meaning: 'Derived from the plan.' },
      done: PLACE.done,
      task_id: PLACE.task_id,
      creation_date: PLACE.creation_date,
    },
  },
};

/** `prompts` (DOCUMENT-4). */
export const PROMPTS: StoredCollection = {
  name: 'prompts',
  what: 'What is posted for an instance, one for each answer wanted.',
  writer: 'whoever writes its instance',
  forms: {
    prompt: {
      _id: { types: ['objectId'], meaning: 'Derived as the instance, with the number of the answer.' },
      data: { types: ['string'], meaning: 'The body to post, byte for byte; empty for a tokenizer or configuration.' },
      task_id: PLACE.task_id,
      instance_id: { types: ['objectId'], meaning: '`_id` of its instance.' },
      timeout: {
        types: INTEGER,
        meaning: 'Seconds to wait for the answer.',
        changes: 'the Requester writes it back as a long',
      },
      done: PLACE.done,
      trigger_session: {
        types: INTEGER,
        meaning: '0: not asked in any session.',
        changes: 'the Requester sets the session that it was asked in',
      },
      creation_date: PLACE.creation_date,
      ctxlen: { types: ['int', 'null'], meaning: 'Estimated tokens of the prompt; null for signatures.' },
      context_enc: { types: ['null'], meaning: 'Always null; the Python service has the field.' },
      continuation_enc: { types: ['null'], meaning: 'Always null; the Python service has the field.' },
    },
  },
};
