import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Db } from 'mongodb';
import type { Sql } from 'postgres';
import { droppedId, planId, rejectionId, resumedId } from '../documents/ids.ts';
import { readRequests } from './requests.ts';

const POLL_MS = 500;
/** A queue that was empty this often in a row has surely delivered the message: SQS' numbers lag behind a little. */
const EMPTY_POLLS = 6;

/**
 * How one task of a message stands: `waiting` for the functions, `working`, `done`, `failed` or `dropped` (with the reason), or
 * `gone`: the queue is empty, and nothing was recorded of it.
 */
export interface TaskState {
  readonly task: string;
  /** `_id` of its document in `tasks`; null where there is none, and for messages that make none. */
  readonly id: string | null;
  readonly state: 'waiting' | 'working' | 'done' | 'failed' | 'dropped' | 'gone';
  readonly shards: { readonly written: number; readonly total: number } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A message that was sent, and what it is waited for with. */
export interface Waiting {
  readonly db: Db;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** SQS' id of the message, which is the request's identity. */
  readonly requestId: string;
  readonly tasks: readonly string[];
  readonly timeoutMs: number;
  /** Gets the states whenever they were looked up. */
  readonly onLook: (states: readonly TaskState[]) => void;
}

/**
 * Waits until every task of a sample message is done, failed, dropped or gone, or the time is over. A message that goes on with
 * an earlier request is followed there.
 */
export function waitForSample(waiting: Waiting): Promise<readonly TaskState[]> {
  const { db, requestId, tasks } = waiting;
  return untilSettled(waiting, async () => {
    const resumed = (await readRequests(db, [resumedId(requestId)])).get(resumedId(requestId).toHexString());
    return stateOfTasks(db, resumed?.continues ?? requestId, tasks);
  });
}

async function stateOfTasks(db: Db, requestId: string, tasks: readonly string[]): Promise<TaskState[]> {
  const [refusal, ...ids] = [
    rejectionId(requestId),
    ...tasks.flatMap((task) => [planId(requestId, task), droppedId(requestId, task)]),
  ];
  const records = await readRequests(db, [refusal, ...ids]);
  const refused = records.get(refusal.toHexString());
  return tasks.map((task): TaskState => {
    const record = records.get(planId(requestId, task).toHexString());
    const dropped = records.get(droppedId(requestId, task).toHexString());
    if (record === undefined && dropped) {
      return { task, id: null, state: 'dropped', shards: null, error: dropped.error };
    }
    if (record === undefined) {
      return { task, id: null, state: refused ? 'failed' : 'waiting', shards: null, error: refused?.error ?? null };
    }
    const { state, shards, error } = record;
    const id = planId(requestId, task).toHexString();
    if (state === 'done') return { task, id, state, shards, error: null };
    return { task, id, state: state === 'in_progress' ? 'working' : 'failed', shards, error };
  });
}

/**
 * Waits until it is known of every task of a register message whether it has its table, the message was refused or is gone, or
 * the time is over. A table that was there before the message says nothing of what became of it: its record does.
 */
export function waitForRegister(waiting: Waiting, sql: Sql): Promise<readonly TaskState[]> {
  const { db, requestId, tasks } = waiting;
  return untilSettled(waiting, async () => {
    const [registered, records] = await Promise.all([
      registeredTasks(sql, tasks),
      readRequests(db, [rejectionId(requestId)]),
    ]);
    const [record] = records.values();
    const own = new Map(record?.refused.map(({ task, code, message }) => [task, { code, message }]));
    return tasks.map((task): TaskState => {
      const stands = (state: TaskState['state'], error: TaskState['error'] = null) => ({
        task,
        id: null,
        state,
        shards: null,
        error,
      });
      if (record?.state === 'registering') return stands('working');
      if (record?.state === 'registered') return stands(registered.has(task) ? 'done' : 'waiting');
      if (record?.error == null) return stands('waiting');
      // Where tasks were refused each by itself, the others were loaded; else what is said of the message holds for each.
      if (own.size > 0 && registered.has(task) && !own.has(task)) return stands('done');
      return stands('failed', own.get(task) ?? record.error);
    });
  });
}

async function untilSettled(
  { sqs, queueUrl, timeoutMs, onLook }: Waiting,
  look: () => Promise<TaskState[]>,
): Promise<readonly TaskState[]> {
  const end = Date.now() + timeoutMs;
  for (let empty = 0; ; ) {
    const states = await look();
    onLook(states);
    if (states.every(({ state }) => state !== 'waiting' && state !== 'working')) return states;
    const allKnown = states.every(({ state }) => state !== 'waiting');
    empty = !allKnown && (await isEmpty(sqs, queueUrl)) ? empty + 1 : 0;
    if (empty >= EMPTY_POLLS) {
      const now = await look();
      const settled = now.map((task): TaskState => (task.state === 'waiting' ? { ...task, state: 'gone' } : task));
      onLook(settled);
      if (settled.every(({ state }) => state !== 'working')) return settled;
      empty = 0;
    }
    if (Date.now() >= end) return states;
    await sleep(POLL_MS);
  }
}

async function isEmpty(sqs: SQSClient, QueueUrl: string): Promise<boolean> {
  const AttributeNames = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ] as const;
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  );
  return AttributeNames.every((name) => Number(Attributes[name] ?? 0) === 0);
}

/** Those of these tasks that have their table. */
export async function registeredTasks(sql: Sql, tasks: readonly string[]): Promise<Set<string>> {
  const [exists] = await sql`SELECT to_regclass('task_registry') IS NOT NULL AS yes`;
  if (exists?.['yes'] !== true) return new Set();
  const rows = await sql`
    SELECT task_name FROM task_registry
    WHERE task_name = ANY(${[...tasks]}) AND to_regclass(quote_ident(dataset_table_name)) IS NOT NULL`;
  return new Set(rows.map((row) => String(row['task_name'])));
}
