import { hash } from 'node:crypto';
import * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';
import type { SampleMessage } from '../messages/sample.ts';
import { SIGNATURE_TASKS, type SignatureTask, signatureTask } from './signature.ts';

const integer = z.codec(z.string().regex(/^-?\d+$/), z.bigint(), { decode: BigInt, encode: String });

/** One signature of one supplier, decided in full. */
const signaturePlan = z
  .strictObject({
    format: z.literal(1),
    framework: z.string(),
    task: z.enum(SIGNATURE_TASKS),
    address: z.string(),
    service: z.string(),
    /** Picks the words where the message has no `randomSeed`. */
    seed: integer,
    /** The Manager's seed, the same for all suppliers of a run. */
    randomSeed: integer.optional(),
  })
  .readonly();

/** One signature of one supplier, decided in full. */
export type SignaturePlan = z.output<typeof signaturePlan>;

/**
 * The plans of a sample message of framework `signatures`, one for each task that it names (SIGNATURE-1). What it says of documents and
 * prompts has no effect: a signature has neither.
 * @throws PermanentError UnknownTask naming those that are none
 */
export function planSignatures(message: SampleMessage, seed: bigint): SignaturePlan[] {
  const names = message.tasks.split(',').map((name) => name.trim());
  const tasks = [...new Set(names.filter((name) => name !== ''))].map(taskNamed);
  const { address, service } = message.requester_args;
  const { framework, random_seed: randomSeed } = message;
  const seeds = { seed, ...(randomSeed === undefined ? {} : { randomSeed }) };
  return tasks.map((task) => ({ format: 1, framework, task, address, service, ...seeds }));
}

/** The plan as text. */
export function encodeSignaturePlan(plan: SignaturePlan): string {
  return JSON.stringify(z.encode(signaturePlan, plan));
}

/** What its prompt follows from, as a SHA-256 in hexadecimal digits: all of the plan but whom it is for. */
export function signaturePlanHash(plan: SignaturePlan): string {
  return hash('sha256', encodeSignaturePlan({ ...plan, address: '', service: '' }), 'hex');
}

/** Reads what {@link encodeSignaturePlan} wrote. @throws PermanentError PlanUnreadable for anything else */
export function decodeSignaturePlan(encoded: string): SignaturePlan {
  try {
    return signaturePlan.parse(JSON.parse(encoded));
  } catch (cause) {
    throw new PermanentError(
      'PlanUnreadable',
      'the record in sample_requests holds no plan of a signature that this version can read. Send the request again.',
      { cause },
    );
  }
}

function taskNamed(name: string): SignatureTask {
  const task = signatureTask(name);
  if (task !== undefined) return task;
  throw new PermanentError(
    'UnknownTask',
    `There is no signature "${name.slice(0, 100)}"; ask for ${SIGNATURE_TASKS.join(', ')}.`,
  );
}
