import { type Document, ObjectId } from 'mongodb';
import { messageOf, PermanentError } from '../errors/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { toBson } from './bson.ts';
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
