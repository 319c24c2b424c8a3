import { setTimeout as sleep } from 'node:timers/promises';
import type { Db, Document } from 'mongodb';

/** Looks for open prompts as the Requester does, over and over. */
export interface Observer {
  /** How many tasks it saw, all of them whole. */
  readonly seen: number;
  /** Tasks that it saw in part, with what was missing. */
  readonly parts: readonly string[];
  stop(): Promise<void>;
}

const PAUSE_MS = 15;

/** Starts an observer; it survives a database that is down for a while. */
export function startObserver(db: Db): Observer {
  const whole = new Set<string>();
  const parts: string[] = [];
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      const tasks = await openTasks(db, [...whole]).catch((): Document[] => []);
      for (const task of tasks) {
        const missing = missingIn(task);
        if (missing) parts.push(missing);
        else whole.add(task['requester_args'].address);
      }
      await sleep(PAUSE_MS);
    }
  })();
  return {
    get seen() {
      return whole.size;
    },
    parts,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** Open tasks by supplier, their open instances, their open prompts (REQUESTER-1). Every request has an address of its own. */
function openTasks(db: Db, known: readonly string[]): Promise<Document[]> {
  return db
    .collection('tasks')
    .aggregate([
      { $match: { 'requester_args.address': { $nin: known }, 'requester_args.service': 'faults', done: false } },
      lookup('instances', [{ $match: { done: false } }, { $project: { repeats: 1 } }]),
      lookup('prompts', [{ $match: { done: false } }, { $project: { instance_id: 1 } }]),
    ])
    .toArray();
}

function lookup(from: string, pipeline: Document[]): Document {
  return { $lookup: { from, localField: '_id', foreignField: 'task_id', pipeline, as: from } };
}

function missingIn(task: Document): string | undefined {
  const name = `task ${task['_id']}`;
  const instances: Document[] = task['instances'];
  if (instances.length !== task['total_instances'])
    return `${name}: ${instances.length} of ${task['total_instances']} instances`;
  const prompts = Map.groupBy<string, Document>(task['prompts'], ({ instance_id }) => String(instance_id));
  const short = instances.find(({ _id, repeats }) => prompts.get(String(_id))?.length !== repeats);
  return short && `${name}: not all prompts of instance ${short['_id']}`;
}
