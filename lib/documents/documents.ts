import { type Document, ObjectId } from 'mongodb';
import { messageOf, PermanentError } from '../errors/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { PyDict } from '../python/value.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import { toBson } from './bson.ts';
import { childIds } from './ids.ts';
import { whyUnstorable } from './storable.ts';

/** The `tasks` document of a finished plan, field for field (DOCUMENT-1); our own fields stand at the end (DOCUMENT-2). */
export function taskDocument(id: ObjectId, plan: Plan, totalInstances: number, createdAt: Date): Document {
  const { asked } = plan;
  return {
    _id: id,
    framework: asked.framework,
    requester_args: toBson(new Map([...asked.requesterArgs].map(([key, value]) => [key, value]))),
    blacklist: asked.blacklist.map((docId) => toBson(BigInt(docId))),
    llm_args: toBson(asked.llmArgs),
    num_fewshot: asked.shotsAsked === null ? null : toBson(BigInt(asked.shotsAsked)),
    gen_kwargs: asked.genKwargs === null ? null : toBson(asked.genKwargs),
    bootstrap_iters: toBson(BigInt(asked.bootstrapIters)),
    system_instruction: asked.systemInstruction,
    apply_chat_template: asked.applyChatTemplate,
    fewshot_as_multiturn: asked.fewshotAsMultiturn,
    confirm_run_unsafe_code: asked.confirmRunUnsafeCode,
    qty: plan.docCount,
    tasks: plan.task,
    total_instances: totalInstances,
    request_type: plan.requestType,
    done: false,
    evaluated: false,
    drop: false,
    creation_date: createdAt,
    ...(plan.randomSeed === undefined ? { seed: toBson(plan.seed) } : { random_seed: toBson(plan.randomSeed) }),
    ...(plan.resolvedTask === plan.task ? {} : { resolved_task: plan.resolvedTask }),
  };
}

/**
 * Decides at planning whether the plan's `tasks` document can be written at its end.
 * @throws PermanentError BadMessage for what MongoDB can never hold: an int of more than 64 bits, a key with a NUL character, too
 * much nesting, too many bytes.
 */
export function checkStorable(plan: Plan): void {
  const why = whyNoTask(plan);
  if (why === null) return;
  throw new PermanentError(
    'BadMessage',
    `Task ${plan.task}: MongoDB could not hold its tasks document (${why}); look at llm_args, gen_kwargs and headers.`,
  );
}

function whyNoTask(plan: Plan): string | null {
  try {
    return whyUnstorable(taskDocument(new ObjectId(), plan, 0, new Date(0)));
  } catch (error) {
    return messageOf(error);
  }
}

/** The error for a document of a data set that MongoDB can never hold as an instance with its prompts; null where it can. */
export function unstorable(
  plan: Pick<Plan, 'task'>,
  docId: number,
  { instance, prompts }: ReturnType<typeof instanceDocuments>,
): PermanentError | null {
  for (const [what, document] of [['instance', instance] as const, ['prompt', prompts[0] ?? {}] as const]) {
    const why = whyUnstorable(document);
    if (why === null) continue;
    const message = `Task ${plan.task}, document ${docId}: MongoDB can't hold its ${what} (${why}). Leave it out by the blacklist.`;
    return new PermanentError('DatasetInvalid', message, { context: { task: plan.task, docId } });
  }
  return null;
}

/** What the documents of one plan have in common. */
export interface DocumentContext {
  readonly taskId: ObjectId;
  readonly plan: Plan;
  readonly createdAt: Date;
  readonly childId: ReturnType<typeof childIds>;
  /** Seconds to wait for an answer, from the prompt's estimated length. */
  readonly timeoutOf: (ctxlen: number) => number;
}

/** A context for documents that are only looked at. */
export function neverWritten(plan: Plan): DocumentContext {
  const taskId = new ObjectId();
  const createdAt = new Date(0);
  return { taskId, plan, createdAt, childId: childIds(taskId, createdAt), timeoutOf: () => 0 };
}

/** An instance's document and its prompts', one per answer wanted (DOCUMENT-3, DOCUMENT-4). */
export function instanceDocuments(
  instance: RenderedInstance,
  context: DocumentContext,
): { instance: Document; prompts: Document[] } {
  const { taskId, plan, createdAt, childId, timeoutOf } = context;
  const { docId, idx } = instance;
  const instanceId = childId('instance', docId, idx, 0);
  const [text, rest] = instance.arguments;
  const timeout = secondsToBson(timeoutOf(instance.ctxlen));
  const prompts: Document[] = [];
  for (let n = 0; n < plan.repeats; n++) {
    prompts.push({
      _id: childId('prompt', docId, idx, n),
      data: instance.data,
      task_id: taskId,
      instance_id: instanceId,
      timeout,
      done: false,
      trigger_session: 0,
      creation_date: createdAt,
      ctxlen: instance.ctxlen,
      context_enc: null,
      continuation_enc: null,
    });
  }
  return {
    instance: {
      _id: instanceId,
      request_type: plan.requestType,
      doc: toBson(instance.doc),
      arguments: [text, typeof rest === 'string' ? rest : settingsToBson(rest)],
      idx,
      metadata: [plan.resolvedTask, docId, plan.repeats],
      task_name: plan.resolvedTask,
      doc_id: docId,
      repeats: plan.repeats,
      task_id: taskId,
      done: false,
      creation_date: createdAt,
    },
    prompts,
  };
}

/** Whole seconds: an int32 where they fit. */
function secondsToBson(seconds: number): unknown {
  const int = Math.trunc(seconds) | 0;
  return int === seconds ? int : toBson(BigInt(seconds));
}

const settings = new WeakMap<PyDict, unknown>();

/** A request's arguments, which all its instances have in common. */
function settingsToBson(dict: PyDict): unknown {
  const known = settings.get(dict) ?? toBson(dict);
  settings.set(dict, known);
  return known;
}
