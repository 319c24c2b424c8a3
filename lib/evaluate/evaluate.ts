import { setImmediate } from 'node:timers/promises';
import { type Document, ObjectId } from 'mongodb';
import { HARNESS_VERSION } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import type { FunctionRef } from '../catalogue/function-ref.ts';
import { includeOf, modulePath } from '../catalogue/sources.ts';
import { PermanentError, SamplerError, TransientError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import type { SandboxTransport } from '../sandbox/client.ts';
import type { SourceFiles } from '../sandbox/sources.ts';
import { type BatchScorer, createBatchScorer } from '../scoring/batch.ts';
import { openFunctions, type ScoringFunctions } from '../scoring/functions.ts';
import { type SelectionRow, selectionFor } from '../scoring/selection.ts';
import { Answers } from './answers.ts';
import { type Definitions, definitionOf, type EvaluatedTask, readTask } from './definition.ts';
import { DetailsWriter } from './details.ts';
import { type OutcomeServices, type Report, tellOutcome, writeOutcome } from './outcome.ts';
import { evaluationsOf } from './records.ts';
import { NO_NUMBER, sampleOf } from './sample-of.ts';
import type { Sample } from './samples.ts';
import { Summary } from './summary.ts';

/** What evaluating needs. */
export interface EvaluateServices extends OutcomeServices, Definitions {
  /** Rows that configuration adds to the table of filters and metrics. */
  readonly selection?: readonly SelectionRow[];
  /** Runs the Python functions that tasks score with; without it, those tasks can't be scored. */
  readonly sandbox?: SandboxTransport | undefined;
}

/** What one message came to. */
export interface Evaluated {
  /** Documents scored, failed ones included; 0 where nothing was to be done. */
  readonly documents: number;
  readonly failed: number;
  /** Whether an outcome was written here. */
  readonly completed: boolean;
  /** Whether neither the task nor any trace of its evaluation is there. */
  readonly unknown?: boolean;
}

const NOTHING: Evaluated = { documents: 0, failed: 0, completed: false };

/**
 * Scores a task's responses, writes `results` and tells the outcome. Doing it again, late or beside itself changes nothing.
 * @throws TransientError NotDone where answers are still to come; PermanentError where the task is none that is scored here.
 * A task that can never be scored gets its outcome first.
 */
export async function evaluateTask(services: EvaluateServices, taskId: string, log: Logger): Promise<Evaluated> {
  const id = new ObjectId(taskId);
  const document = await services.db.collection('tasks').findOne({ _id: id });
  if (!document) {
    const unknown = (await evaluationsOf(services.db).findOne({ _id: id }, { projection: { _id: 1 } })) === null;
    log.warn(unknown ? 'there is no such task' : 'the task was evaluated and removed');
    return { ...NOTHING, unknown };
  }
  log.append({ task: document['tasks'], supplier: document['requester_args']?.address });
  if (document['evaluated'] === true || document['drop'] === true) {
    log.info('delivered again; the task has its outcome');
    await tellOutcome(services, id);
    return NOTHING;
  }
  const result = await attempt(services, id, document, log);
  await tellOutcome(services, id);
  return result;
}

/** Gives a task that can't be evaluated its outcome, as the Python evaluator drops tasks (RESULT-6), and tells it. */
export async function dropTask(
  services: OutcomeServices,
  id: ObjectId,
  report: Report & { error: NonNullable<Report['error']> },
): Promise<boolean> {
  const dropped = await writeOutcome(services, { taskId: id, status: 12, height: -1n, samples: [] }, report);
  await tellOutcome(services, id);
  return dropped;
}

async function attempt(services: EvaluateServices, id: ObjectId, document: Document, log: Logger): Promise<Evaluated> {
  if (document['done'] !== true) await checkAnswered(services, document);
  let task: EvaluatedTask;
  try {
    task = readTask(document);
  } catch (error) {
    // Tasks of other frameworks are left to whoever scores those.
    if (error instanceof PermanentError && error.code === 'UnsupportedPath')
      return refused(services, id, document, error, log);
    throw error;
  }
  try {
    return await scoreTask(services, task, log);
  } catch (error) {
    if (error instanceof SamplerError && error.permanent) return refused(services, id, document, error, log);
    throw error;
  }
}

async function refused(
  services: EvaluateServices,
  id: ObjectId,
  document: Document,
  error: SamplerError,
  log: Logger,
): Promise<Evaluated> {
  log.error("the task can't be evaluated", { code: error.code, error: error.message });
  const named = { framework: String(document['framework']), task: String(document['tasks']) };
  const completed = await dropTask(services, id, {
    ...named,
    error: { code: error.code, message: error.message.slice(0, 4000) },
  });
  return { ...NOTHING, completed };
}

/** Requesters race at the end: a task whose prompts are all done is done, whether it was marked or not. */
async function checkAnswered({ db }: EvaluateServices, document: Document): Promise<void> {
  const task_id = document['_id'];
  const [open, any] = await Promise.all([
    db.collection('prompts').findOne({ task_id, done: { $ne: true } }, { projection: { _id: 1 } }),
    db.collection('prompts').findOne({ task_id }, { projection: { _id: 1 } }),
  ]);
  if (open || !any) {
    throw new TransientError(
      'NotDone',
      `Task ${String(task_id)} still waits for answers; it is evaluated once all its prompts are done.`,
    );
  }
}

async function scoreTask(services: EvaluateServices, task: EvaluatedTask, log: Logger): Promise<Evaluated> {
  const { db } = services;
  const [{ entry, plan }, answers] = await Promise.all([
    definitionOf(services, task),
    Answers.of({ db, taskId: task.id, path: task.path, requestType: task.requestType }),
  ]);
  checkKind(task, entry);
  const first = await answers.first();
  if (first === null) throw new PermanentError('DatasetInvalid', `Task ${task.id.toHexString()} has no instances.`);
  const scorer = await createBatchScorer(entry, first, (refs) => functionsOf(services, entry.name, refs));
  try {
    return await scoreAnswers(services, { task, entry, plan, answers, scorer }, log);
  } finally {
    scorer[Symbol.dispose]();
  }
}

/** A task that is ready to be scored. */
interface Readied {
  readonly task: EvaluatedTask;
  readonly entry: TaskEntry;
  readonly plan: ObjectId | null;
  readonly answers: Answers;
  readonly scorer: BatchScorer;
}

async function scoreAnswers(
  services: EvaluateServices,
  { task, entry, plan, answers, scorer }: Readied,
  log: Logger,
): Promise<Evaluated> {
  const { db, now = () => new Date() } = services;
  const selected = selectionFor(entry.name, scorer.filters, scorer.metrics, services.selection);
  const details = new DetailsWriter(db, task.id, now());
  const summary = new Summary();
  const [good, failed]: [Sample[], Sample[]] = [[], []];
  for await (const portion of answers.portions()) {
    const outcomes = await scorer.score(
      portion.map(({ answered }) => answered).filter((answered) => answered !== null),
    );
    for (const asked of portion) {
      const outcome = asked.answered === null ? null : (outcomes.shift() ?? null);
      const { sample, scored } = sampleOf(selected, asked, outcome);
      (scored === null ? failed : good).push(sample);
      if (scored !== null) summary.add(scored);
      await details.add({ sample, scored });
    }
    // Scoring does not pause by itself; here what was begun reaches the socket.
    await setImmediate();
  }
  await details.finish();
  if (good.length === 0 && failed.some(({ error }) => error === NO_NUMBER)) {
    throw new PermanentError('UnsupportedTask', `Task ${entry.name} can't be scored: ${NO_NUMBER}`, {
      context: { task: entry.name },
    });
  }
  const report: Report = {
    ...reportOf(task, entry),
    selected,
    documents: answers.count,
    failed: failed.length,
    metrics: summary.metrics(),
    plan,
  };
  const samples = [...good, ...failed];
  const completed = await writeOutcome(
    services,
    { taskId: task.id, status: 0, height: answers.height, samples },
    report,
  );
  if (!completed) {
    log.info('another process was first, or the task is gone');
    return NOTHING;
  }
  log.info('task evaluated', { documents: samples.length, failed: failed.length });
  return { documents: samples.length, failed: failed.length, completed };
}

/** What was asked must be what the definition scores. @throws PermanentError UnsupportedTask where it is not */
function checkKind({ requestType }: EvaluatedTask, { name, config }: TaskEntry): void {
  const outputType = config.get('output_type') ?? 'generate_until';
  const asks = outputType === 'multiple_choice' ? 'loglikelihood' : outputType;
  if (asks === requestType) return;
  throw new PermanentError(
    'UnsupportedTask',
    `Task ${name} has output_type ${String(outputType)}, but its instances ask for ${requestType}; they can't be scored by it.`,
    { context: { task: name } },
  );
}

function reportOf(
  { framework, task, resolvedTask, address, service, document }: EvaluatedTask,
  entry: TaskEntry,
): Report {
  return {
    framework,
    task,
    resolved_task: resolvedTask === entry.name ? resolvedTask : entry.name,
    address,
    service,
    seed: document['seed'] ?? document['random_seed'] ?? null,
    harness: HARNESS_VERSION,
  };
}

/** The box of a task's functions. @throws PermanentError UnsupportedHook where nothing runs Python */
async function functionsOf(
  { sandbox, catalogue }: EvaluateServices,
  task: string,
  refs: readonly FunctionRef[],
): Promise<ScoringFunctions> {
  if (sandbox) return openFunctions(task, refs, { transport: sandbox, sources: await sourcesFor(refs, catalogue) });
  const names = refs.map(({ hook }) => hook).join(', ');
  throw new PermanentError(
    'UnsupportedHook',
    `Task ${task} needs the Python function ${names} to score answers; name the function that runs it in SANDBOX_FUNCTION.`,
    { context: { task, hook: names } },
  );
}

/** The modules of the staged harness, and those of the include folder that functions come from, whichever the message named. */
async function sourcesFor(refs: readonly FunctionRef[], catalogue: Definitions['catalogue']): Promise<SourceFiles> {
  const sources = await (await catalogue()).sources();
  const elsewhere = refs.find((ref) => includeOf(ref) !== null && !sources.has(modulePath(ref, sources)));
  const include = elsewhere && includeOf(elsewhere);
  return include == null ? sources : (await catalogue(include)).sources();
}
