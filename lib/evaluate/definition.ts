import { type Db, type Document, ObjectId } from 'mongodb';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { PermanentError } from '../errors/errors.ts';
import { type ApiPath, isApiPath, PATHS } from '../evaluator-api/response.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { decodePlan } from '../plan/plan.ts';
import type { RequestType } from './answer.ts';

/** A task to be evaluated: what was asked, and by which definition. */
export interface EvaluatedTask {
  readonly id: ObjectId;
  readonly document: Document;
  readonly framework: string;
  /** The name asked for. */
  readonly task: string;
  /** The name whose definition counts. */
  readonly resolvedTask: string;
  readonly address: string;
  readonly service: string;
  readonly path: ApiPath;
  readonly requestType: RequestType;
}

/** Where definitions are looked up. */
export interface Definitions {
  readonly db: Db;
  readonly ledger: Ledger;
  /** Opened where a task has no plan of ours, and for the Python that it is scored by; with the include folder of that name. */
  readonly catalogue: (includePath?: string) => Promise<Catalogue>;
}

/**
 * What a `tasks` document says, as far as scoring needs it.
 * @throws PermanentError BadMessage for a framework that is not scored here; UnsupportedPath for answers of another path
 */
export function readTask(document: Document): EvaluatedTask {
  const args: unknown = document['requester_args'];
  const { address, service, path } = isRecord(args) ? args : {};
  const [framework, task] = [String(document['framework']), String(document['tasks'])];
  if (!framework.includes('lmeh')) {
    throw new PermanentError(
      'UnsupportedTask',
      `Tasks of framework ${framework} are not scored here; the Python evaluator does that.`,
      {
        context: { framework },
      },
    );
  }
  if (!isApiPath(path)) {
    throw new PermanentError(
      'UnsupportedPath',
      `Answers of ${String(path)} can't be scored; those of ${PATHS.join(' and ')} can.`,
      {
        context: { task },
      },
    );
  }
  return {
    id: new ObjectId(String(document['_id'])),
    document,
    framework,
    task,
    resolvedTask: typeof document['resolved_task'] === 'string' ? document['resolved_task'] : task,
    address: String(address),
    service: String(service),
    path,
    requestType: document['request_type'] === 'loglikelihood' ? 'loglikelihood' : 'generate_until',
  };
}

/**
 * The definition that a task was asked by: its plan's while that is kept, else the staged catalogue's.
 * @throws PermanentError UnknownTask where neither knows it; TransientError where nothing is staged
 */
export async function definitionOf(
  { ledger, catalogue }: Definitions,
  { id, resolvedTask }: EvaluatedTask,
): Promise<{ readonly entry: TaskEntry; readonly plan: ObjectId | null }> {
  const record = await ledger.find(id);
  if (record) return { entry: decodePlan(record.plan).entry, plan: id };
  const entry = await (await catalogue()).find(resolvedTask);
  if (entry) return { entry, plan: null };
  throw new PermanentError(
    'UnknownTask',
    `There is no task ${resolvedTask} to score answers by; stage the harness that has it.`,
    {
      context: { task: resolvedTask },
    },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
