import type * as z from 'zod';
import { messageOf, PermanentError } from '../errors/errors.ts';
import { describeIssue } from '../errors/schema-issue.ts';
import { loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { envelopeAdvice, unwrapped } from './envelope.ts';

/** SQS takes a mebibyte with all attributes; the rest is for the reason that goes with a message to the dead-letter queue. */
export const MAX_BODY_BYTES = 1024 * 1024 - 2048;

/** A reason has room for so many problems; who sent 280,000 wrong ids needs no more. */
const MAX_PROBLEMS = 20;

/**
 * Reads a message body by its schema.
 * @throws PermanentError BadMessage naming every key that is unknown, missing or wrong.
 */
export function parseMessage<Schema extends z.ZodType>(kind: string, schema: Schema, body: string): z.output<Schema> {
  const value = readMessage(kind, body);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const advice = envelopeAdvice(value);
  if (advice !== null) throw bad(kind, advice);
  const { issues } = result.error;
  const problems = issues.slice(0, MAX_PROBLEMS).map((issue) => describeIssue(issue, value));
  const more = issues.length > MAX_PROBLEMS ? `; and ${issues.length - MAX_PROBLEMS} more` : '';
  throw bad(kind, `${problems.join('; ')}${more}`);
}

/** The message as JSON has it, out of a service's envelope where it is in one. An envelope in an envelope stays. */
function readMessage(kind: string, body: string): PyDict {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) throw bad(kind, `it has ${bytes} bytes, where ${MAX_BODY_BYTES} are the most`);
  const value = readJson(kind, body);
  const wrapped = isDict(value) ? unwrapped(value) : undefined;
  const message = typeof wrapped === 'string' ? readJson(kind, wrapped) : (wrapped ?? value);
  if (isDict(message)) return message;
  throw bad(kind, envelopeAdvice(message) ?? 'the body must be a JSON object');
}

function readJson(kind: string, text: string): PyValue {
  try {
    return loads(text);
  } catch (cause) {
    throw bad(kind, `the body is not JSON (${messageOf(cause)})`, cause);
  }
}

function bad(kind: string, problem: string, cause?: unknown): PermanentError {
  return new PermanentError('BadMessage', `Bad ${kind} message: ${problem}.`, { cause });
}
