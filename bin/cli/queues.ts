import { rejectionId } from '../../lib/documents/ids.ts';
import { type DeadLetter, DeadLetters } from '../../lib/operator/dead-letters.ts';
import { requestOfPlan } from '../../lib/operator/identity.ts';
import { UsageError } from './exit.ts';
import { withSession } from './session.ts';

/** The queues that have a dead-letter queue of interest. */
export const QUEUES = ['register', 'sample', 'shard', 'evaluate'] as const;
type QueueName = (typeof QUEUES)[number];
const SETTINGS = {
  register: 'registerQueueUrl',
  sample: 'sampleQueueUrl',
  shard: 'shardQueueUrl',
  evaluate: 'evaluateQueueUrl',
} as const satisfies Record<QueueName, string>;

/** A message with its queue, and the request that people know it by. */
export interface FoundLetter extends DeadLetter {
  readonly queue: QueueName;
  /** The request of a shard message, and of others their own. */
  readonly request: string;
}

/** A message as `--json` shows it. */
export function letterJson({ queue, messageId, request, requestId: _, sentAt, ...rest }: FoundLetter): object {
  return { queue, message_id: messageId, request_id: request, sent_at: sentAt, ...rest };
}

/** Does `work` with each of the dead-letter queues: the one named, or all, side by side. */
export async function withDeadLetters<T>(
  name: string | undefined,
  work: (letters: DeadLetters, queue: QueueName) => Promise<T>,
): Promise<T[]> {
  const chosen = name === undefined ? QUEUES : QUEUES.filter((queue) => queue === name);
  if (chosen.length === 0) throw new UsageError(`There is no queue "${name}": name one of ${QUEUES.join(', ')}.`);
  return Promise.all(
    chosen.map((queue) => {
      const setting = SETTINGS[queue];
      return withSession([setting], ({ config, clients }) =>
        work(new DeadLetters(clients.sqs(), config[setting]), queue),
      );
    }),
  );
}

/** What lies in the dead-letter queues, the longest there first. */
export async function listLetters(name: string | undefined, limit: number): Promise<FoundLetter[]> {
  const found = await withDeadLetters(name, async (letters, queue) =>
    (await letters.list(limit)).map((letter) => ({ queue, ...letter })),
  );
  const oldest = found
    .flat()
    .sort((a, b) => a.sentAt.getTime() - b.sentAt.getTime())
    .slice(0, limit);
  const requests = await requestsOfShards(oldest);
  return oldest.map((letter) => ({ ...letter, request: requests.get(letter.messageId) ?? letter.requestId }));
}

/** Messages that a command was told to take: all, or those that ids mean. */
export interface ChosenLetters {
  readonly wanted: (letter: DeadLetter) => boolean;
  /** Notes that one was taken. */
  readonly took: (letter: DeadLetter) => void;
  /** The ids that meant none of those taken. */
  readonly missing: () => string[];
}

/**
 * Chooses by ids: a message's own, its request's, or one that its body names (a plan, a load, a task). Requests of shard messages
 * are looked up before, as only MongoDB knows them.
 * @throws UsageError where neither all nor any id is asked for, or both
 */
export async function chooseLetters(
  name: string | undefined,
  all: boolean,
  ids: readonly string[],
): Promise<ChosenLetters> {
  if (all === ids.length > 0) throw new UsageError('Say which: --all, or --id once or more often.');
  const asked = new Set(ids);
  const requests = all
    ? new Map<string, string>()
    : await requestsOfShards((await withDeadLetters(name, (letters) => letters.list(Number.POSITIVE_INFINITY))).flat());
  const idsHere = (letter: DeadLetter) => idsOf(letter, requests.get(letter.messageId));
  const found = new Set<string>();
  return {
    wanted: (letter) => all || idsHere(letter).some((id) => asked.has(id)),
    took(letter) {
      for (const id of idsHere(letter)) found.add(id);
    },
    missing: () => ids.filter((id) => !found.has(id)),
  };
}

/** All ids that mean a message: also that of the record of why it was refused, as `requests ls` lists it. */
export function idsOf({ messageId, requestId, body }: DeadLetter, request?: string): string[] {
  const named = ['plan', 'load', 'task_id'].flatMap((key) => namedIn(body, key) ?? []);
  return [
    messageId,
    requestId,
    rejectionId(requestId).toHexString(),
    ...named,
    ...(request === undefined ? [] : [request]),
  ];
}

/** By the message's id, the request of each shard message; none where no database is known. */
async function requestsOfShards(letters: readonly DeadLetter[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const shards = letters.flatMap((letter) => {
    const plan = namedIn(letter.body, 'plan');
    return plan === undefined ? [] : [{ id: letter.messageId, plan }];
  });
  if (shards.length === 0 || !process.env['MONGODB_URI']) return found;
  await withSession(['mongodbUri'], async ({ clients }) => {
    const db = clients.mongo().db();
    const byPlan = new Map<string, string | undefined>();
    for (const { plan } of shards) if (!byPlan.has(plan)) byPlan.set(plan, await requestOfPlan(db, plan));
    for (const { id, plan } of shards) {
      const request = byPlan.get(plan);
      if (request !== undefined) found.set(id, request);
    }
  });
  return found;
}

function namedIn(body: string, key: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null) return undefined;
    const named: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
    return typeof named === 'string' ? named : undefined;
  } catch {
    return undefined;
  }
}
