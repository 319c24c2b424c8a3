import type { StoredCollection, StoredField, StoredFields } from '../documents/described.ts';
import { EVALUATIONS_NAME as COLLECTION, type EvaluationRecord } from './records.ts';

const COUNT = ['int', 'long', 'double'] as const;

/** `results` (RESULT-1 to RESULT-7). */
export const RESULTS: StoredCollection = {
  name: 'results',
  what: 'The scores of a task. Evaluating again replaces everything but `_id`.',
  writer: '`evaluate`, in one transaction with the flags of its `tasks` document',
  forms: {
    result: {
      _id: { types: ['objectId'], meaning: "MongoDB's." },
      result_data: {
        types: ['object'],
        meaning: 'What it is the result of.',
        fields: {
          _id: { types: ['objectId'], meaning: 'New each time; read by nobody.' },
          task_id: { types: ['objectId'], meaning: '`_id` of the task; unique.' },
          num_samples: { types: ['int'], meaning: 'Number of scores.' },
          status: { types: ['int'], meaning: '0 evaluated, 1 nothing to do, 12 dropped.' },
          result_height: {
            types: ['int', 'long'],
            meaning: 'The greatest session height of its responses; -1 where it was dropped.',
          },
          result_time: { types: ['date'], meaning: 'When it was evaluated.' },
        },
      },
      scores: {
        types: ['array'],
        meaning: 'One for each document: the scored ones by `id`, then the failed ones.',
        items: {
          score: { types: ['double'], meaning: "The metric's value; 0.0 where it failed." },
          id: { types: ['int'], meaning: '`doc_id`.' },
          run_time: { types: ['double'], meaning: 'Milliseconds that the answer took.' },
          status_code: { types: ['int'], meaning: '0, or why it failed (RESPONSE-1, RESPONSE-2).' },
          error_str: { types: ['string'], meaning: 'Empty, or the reason, cut to a bound.' },
        },
      },
    },
  },
};

/** Every field of a task's evaluation; one that is added to the record and not here does not compile. */
const TASK = {
  _id: { types: ['objectId'], meaning: "The task's." },
  kind: { types: ['string'], meaning: '`task`.' },
  task_id: { types: ['objectId'], meaning: "The task's `_id`." },
  state: { types: ['string'], meaning: '`sent`, `evaluated` or `failed`.', changes: '`evaluate`, with its outcome' },
  sent: { types: COUNT, meaning: 'How often the clock sent it to the queue.', changes: 'one more each time' },
  next_at: { types: ['date'], optional: true, meaning: 'When the clock may send it again.' },
  untold: {
    types: ['bool'],
    optional: true,
    meaning: 'Whether the queue `evaluated` is still to be told.',
    changes: 'removed once it was',
  },
  telling_until: { types: ['date'], optional: true, meaning: 'Until when one process has the telling to itself.' },
  told_at: { types: ['date'], optional: true, meaning: 'When the queue was told.' },
  framework: { types: ['string'], optional: true, meaning: "The task's." },
  task: { types: ['string'], optional: true, meaning: 'Name of the task asked for.' },
  resolved_task: { types: ['string'], optional: true, meaning: 'The twin asked in its place.' },
  address: { types: ['string'], optional: true, meaning: 'The supplier.' },
  service: { types: ['string'], optional: true, meaning: 'The service.' },
  selected: {
    types: ['object'],
    optional: true,
    meaning: 'Which filter and metric became the scores.',
    fields: {
      filter: { types: ['string'], meaning: 'The filter.' },
      metric: { types: ['string', 'null'], meaning: 'The metric; null for the first there is.' },
      source: { types: ['string'], meaning: 'What decided it.' },
    },
  },
  documents: { types: COUNT, optional: true, meaning: 'Documents of the task.' },
  failed: { types: COUNT, optional: true, meaning: 'Those that failed.' },
  metrics: {
    types: ['array'],
    optional: true,
    meaning: 'Means over the documents.',
    items: {
      filter: { types: ['string'], meaning: 'The filter.' },
      metric: { types: ['string'], meaning: 'The metric.' },
      mean: { types: COUNT, meaning: 'Its mean.' },
      stderr: { types: [...COUNT, 'null'], meaning: 'Its standard error; null for fewer than two documents.' },
      documents: { types: COUNT, meaning: 'Documents that have it.' },
    },
  },
  seed: { types: ['int', 'long', 'double', 'null'], optional: true, meaning: "The task's seed." },
  plan: {
    types: ['objectId', 'null'],
    optional: true,
    meaning: 'The plan whose definition was used; null where the catalogue was.',
  },
  harness: { types: ['string'], optional: true, meaning: "The harness's version." },
  error: {
    types: ['object'],
    optional: true,
    meaning: "Why it can't be evaluated.",
    fields: {
      code: { types: ['string'], meaning: 'An error code.' },
      message: { types: ['string'], meaning: 'What was wrong.' },
    },
  },
  updated_at: { types: ['date'], meaning: 'When it was last changed.', changes: 'with every change' },
  expires_at: { types: ['date'], meaning: 'When MongoDB may forget it: 90 days later.' },
} as const satisfies Readonly<Record<keyof EvaluationRecord, StoredField>>;

const DOCUMENTS: StoredFields = {
  _id: { types: ['objectId'], meaning: 'Derived from the task and the part.' },
  kind: { types: ['string'], meaning: '`documents`.' },
  task_id: TASK.task_id,
  part: { types: COUNT, meaning: 'Number of the part, from 0; 100 documents each.' },
  documents: {
    types: ['array'],
    meaning: 'What scoring found out about each document.',
    items: {
      doc_id: { types: ['int'], meaning: 'The document.' },
      score: { types: ['double'], meaning: 'Its score.' },
      run_time: { types: ['double'], meaning: 'Milliseconds.' },
      status_code: { types: ['int'], meaning: 'As in `results`.' },
      error_str: { types: ['string'], meaning: 'As in `results`.' },
      gold: { types: ['string', 'null'], meaning: 'The right answer, for people.' },
      filters: {
        types: ['array'],
        items: ['object'],
        meaning: 'What each filter extracted, and what each metric said of it.',
      },
    },
  },
  expires_at: TASK.expires_at,
};

/** `evaluations`. */
export const EVALUATIONS: StoredCollection = {
  name: COLLECTION,
  what: 'For people: how the evaluation of each task went, with what was extracted from each answer. No program needs it.',
  writer: '`evaluate`',
  forms: { 'of a task': TASK, 'of its documents': DOCUMENTS },
};
