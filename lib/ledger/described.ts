import type { StoredCollection, StoredField, StoredFields } from '../documents/described.ts';
import { type MessageRecord, type PlanRecord, RECORDS } from './records.ts';

const ERROR = {
  types: ['object'],
  optional: true,
  meaning: 'Why it failed or was refused.',
  fields: {
    code: { types: ['string'], meaning: 'An error code, as docs/operations.md lists them.' },
    message: { types: ['string'], meaning: 'What was wrong, where, and what to do.' },
  },
} as const satisfies StoredField;
const COUNT = ['int', 'long', 'double'] as const;

/** Every field of a plan; one that is added to the record and not here does not compile. */
const PLAN = {
  _id: {
    types: ['objectId'],
    meaning: 'Derived from the request and the task; also the `_id` of its `tasks` document.',
  },
  request_id: { types: ['string'], meaning: 'The request: the id of its message.' },
  state: {
    types: ['string'],
    meaning: '`in_progress`, `done`, `failed`, `sweeping` or `swept`.',
    changes: '`shard`, `sample` and `sweep`, as docs/plan-states.md shows',
  },
  framework: { types: ['string'], meaning: 'As in the message.' },
  task: { types: ['string'], meaning: 'The leaf that was asked for.' },
  address: { types: ['string'], meaning: 'The supplier.' },
  service: { types: ['string'], meaning: 'The service.' },
  active: {
    types: ['bool'],
    optional: true,
    meaning: 'True while in progress: what makes it the only one of its kind.',
    changes: 'removed when it ends',
  },
  attempt: { types: COUNT, meaning: 'How often the work was started.', changes: 'one more when it is resumed' },
  shards: { types: COUNT, meaning: 'How many shards it has.' },
  shard_size: { types: COUNT, meaning: 'Documents in a shard.' },
  progress: {
    types: ['object'],
    meaning: 'Instances written by each finished shard, under `s` and its number.',
    changes: 'each shard adds its own',
  },
  unsent: {
    types: ['bool'],
    optional: true,
    meaning: 'Whether messages of unfinished shards are still to be sent.',
    changes: '`sample` removes it once they are',
  },
  plan: { types: ['string'], meaning: 'The plan as text; for this product alone.' },
  plan_hash: {
    types: ['string'],
    optional: true,
    meaning:
      'SHA-256 of what the prompts follow from (task, definition, data set, settings, documents; not the supplier): two requests with the same one ask the same prompts, byte for byte.',
  },
  doc_ids: { types: ['string'], meaning: 'The documents, as ranges (`7-9,12`).' },
  shard_docs: {
    types: ['array'],
    items: ['string'],
    optional: true,
    meaning: "A hash of each shard's documents, by which its messages are known.",
  },
  body_hash: { types: ['string'], optional: true, meaning: 'A hash of its message, by which that is known again.' },
  sizes: {
    types: ['object'],
    optional: true,
    meaning: 'Characters written by each finished shard, under `s` and its number.',
    changes: 'each shard adds its own',
  },
  error: ERROR,
  created_at: { types: ['date'], meaning: 'When it was planned.' },
  creation_date: {
    types: ['date'],
    meaning: 'What its documents carry.',
    changes: 'a new one when it is begun again after a sweep',
  },
  updated_at: { types: ['date'], meaning: 'When the record was last changed.', changes: 'with every change' },
  lease_until: {
    types: ['date'],
    optional: true,
    meaning: 'When it is abandoned unless a shard is finished before.',
    changes: 'each finished shard renews it',
  },
  failed_at: { types: ['date'], optional: true, meaning: 'When it failed.' },
  sweep_until: { types: ['date'], optional: true, meaning: 'Until when one sweep has its remains to itself.' },
  expires_at: {
    types: ['date'],
    optional: true,
    meaning: 'When MongoDB may forget the record: 15 days after it ended.',
  },
} as const satisfies Readonly<Record<keyof PlanRecord, StoredField>>;

/** Every field of a message's record, likewise. */
const MESSAGE = {
  _id: { types: ['objectId'], meaning: 'Derived from the message.' },
  request_id: { types: ['string'], meaning: 'The request: the id of the message.' },
  state: {
    types: ['string'],
    meaning: '`rejected`, `retrying`, `dropped`, `resumed`, `registering` or `registered`.',
    changes: 'with what becomes of the message',
  },
  queue: { types: ['string'], meaning: 'The queue it came from.' },
  body: { types: ['string'], meaning: 'Its body, or its beginning where it is long.' },
  task: { types: ['string'], optional: true, meaning: 'Of a dropped one: the task.' },
  continues: { types: ['string'], optional: true, meaning: 'Of a resumed one: the request that it continues.' },
  tables: { types: COUNT, optional: true, meaning: 'Of a registered one: tables loaded.' },
  loads: {
    types: ['array'],
    items: ['string'],
    optional: true,
    meaning: 'Of one whose data sets are loaded in parts: the loads.',
  },
  rows: { types: COUNT, optional: true, meaning: 'Of a registered one: rows loaded.' },
  refused: {
    types: ['array'],
    optional: true,
    meaning: 'Of a register message: the tasks that can not be registered, each with its own reason.',
    items: {
      task: { types: ['string'], meaning: 'The task.' },
      code: { types: ['string'], meaning: 'An error code, as docs/operations.md lists them.' },
      message: { types: ['string'], meaning: 'The reason.' },
    },
  },
  error: ERROR,
  created_at: { types: ['date'], meaning: 'When the record was made.' },
  updated_at: { types: ['date'], meaning: 'When it was last changed.', changes: 'with every change' },
  expires_at: { types: ['date'], meaning: 'When MongoDB may forget it: 15 days later.' },
} as const satisfies Readonly<Record<keyof MessageRecord, StoredField>>;

const FORMS: Readonly<Record<string, StoredFields>> = { plan: PLAN, message: MESSAGE };

/** `sample_requests`. */
export const SAMPLE_REQUESTS: StoredCollection = {
  name: RECORDS,
  what: 'How each request stands: a record for each planned task, and one for each message with an outcome of its own.',
  writer: '`sample` (plans), every function (messages)',
  forms: FORMS,
};
