import { type Document, Int32, ObjectId } from 'mongodb';
import { toBson } from '../documents/bson.ts';
import { childIds } from '../documents/ids.ts';
import type { SignaturePlan } from './plan.ts';
import { signatureOf } from './signature.ts';

/** All that is written for one signature. */
export interface SignatureDocuments {
  readonly task: Document;
  readonly instances: readonly Document[];
  readonly prompts: readonly Document[];
}

/** What the Python service takes for signatures, whatever the message says (SIGNATURE-2). */
const BOOTSTRAP_ITERS = 100_000;

/**
 * The documents of a signature (SIGNATURE-2): a task whose fields about questions are empty, an instance of nothing but its place, and a prompt for
 * each, with the same ids however often they are made.
 */
export function signatureDocuments(plan: SignaturePlan, id: ObjectId, createdAt: Date): SignatureDocuments {
  const { method, path, prompts } = signatureOf(plan.task, plan.randomSeed ?? plan.seed);
  const bytesOf = childIds(id, createdAt);
  const childId = (kind: 'instance' | 'prompt', n: number) => new ObjectId(bytesOf(kind, n, 0, 0));
  const count = new Int32(prompts.length);
  return {
    task: {
      _id: id,
      framework: plan.framework,
      requester_args: { address: plan.address, service: plan.service, method, path, headers: {} },
      blacklist: [],
      llm_args: null,
      num_fewshot: null,
      gen_kwargs: null,
      bootstrap_iters: new Int32(BOOTSTRAP_ITERS),
      system_instruction: null,
      apply_chat_template: true,
      fewshot_as_multiturn: true,
      confirm_run_unsafe_code: null,
      qty: count,
      tasks: plan.task,
      total_instances: count,
      request_type: '',
      done: false,
      evaluated: false,
      drop: false,
      creation_date: createdAt,
      ...(plan.randomSeed === undefined ? { seed: toBson(plan.seed) } : { random_seed: toBson(plan.randomSeed) }),
    },
    instances: prompts.map((_, n) => ({
      _id: childId('instance', n),
      done: false,
      task_id: id,
      creation_date: createdAt,
    })),
    prompts: prompts.map(({ data, timeout }, n) => ({
      _id: childId('prompt', n),
      data,
      task_id: id,
      instance_id: childId('instance', n),
      timeout: new Int32(timeout),
      done: false,
      trigger_session: new Int32(0),
      creation_date: createdAt,
      ctxlen: null,
      context_enc: null,
      continuation_enc: null,
    })),
  };
}
