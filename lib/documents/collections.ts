import type { Collection, Db, Document, IndexDescription } from 'mongodb';

/**
 * Names and indexes as the Requester, the Evaluator and the Manager know them (DOCUMENT-8). The other unique ones are on
 * collections that others alone write to, and theirs to make.
 */
const INDEXES: Readonly<
  Record<'tasks' | 'instances' | 'prompts' | 'responses' | 'sample_requests', readonly IndexDescription[]>
> = {
  tasks: [
    {
      key: {
        tasks: 1,
        framework: 1,
        'requester_args.address': 1,
        'requester_args.service': 1,
        done: 1,
        evaluated: 1,
        drop: 1,
      },
    },
  ],
  instances: [{ key: { task_id: 1, done: 1 } }],
  prompts: [{ key: { task_id: 1, instance_id: 1, done: 1 } }],
  responses: [{ key: { task_id: 1, instance_id: 1, prompt_id: 1, ok: 1 } }],
  sample_requests: [
    // At most one request of a kind is in progress: the database itself decides between two that start at once.
    {
      key: { framework: 1, task: 1, address: 1, service: 1 },
      unique: true,
      partialFilterExpression: { active: true },
      name: 'in_progress',
    },
    { key: { request_id: 1 } },
    { key: { loads: 1 }, sparse: true },
    { key: { state: 1, lease_until: 1 } },
    { key: { expires_at: 1 }, expireAfterSeconds: 0 },
  ],
};

/** The collections that the bench reads. */
export function collectionsOf(db: Db): Record<'tasks' | 'instances' | 'prompts', Collection<Document>> {
  return { tasks: db.collection('tasks'), instances: db.collection('instances'), prompts: db.collection('prompts') };
}

const ready = new WeakMap<Db, Promise<void>>();

/** Makes the indexes, once per process and database; making one that exists changes nothing. */
export function ensureIndexes(db: Db): Promise<void> {
  const known = ready.get(db);
  if (known) return known;
  const making = Promise.all(
    Object.entries(INDEXES).map(([name, indexes]) => db.collection(name).createIndexes([...indexes])),
  ).then(() => undefined);
  ready.set(db, making);
  making.catch(() => ready.delete(db));
  return making;
}
