import type * as z from 'zod';
import { cutTo, listed } from '../errors/bounds.ts';
import { messageOf, PermanentError } from '../errors/errors.ts';
import { loads } from '../python/json.ts';
import { isDict } from '../python/value.ts';
import { envelopeOf } from './envelope.ts';

/** A reason has room for so many problems, and names of such a length; who sent 280,000 wrong ids needs no more. */
const MAX_PROBLEMS = 20;
const MAX_NAME_BYTES = 100;

/**
 * Reads a message body by its schema.
 * @throws PermanentError BadMessage naming every key that is unknown, missing or wrong.
 */
export function parseMessage<Schema extends z.ZodType>(kind: string, schema: Schema, body: string): z.output<Schema> {
  const value = readJson(kind, body);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const sender = envelopeOf(value);
  if (sender !== null) throw new PermanentError('BadMessage', `Bad ${kind} message: ${sender}.`);
  const { issues } = result.error;
  const problems = issues.slice(0, MAX_PROBLEMS).map(describe);
  const more = issues.length > MAX_PROBLEMS ? `; and ${issues.length - MAX_PROBLEMS} more` : '';
  throw new PermanentError('BadMessage', `Bad ${kind} message: ${problems.join('; ')}${more}.`);
}

function readJson(kind: string, body: string) {
  try {
    const value = loads(body);
    if (isDict(value)) return value;
  } catch (cause) {
    const reason = messageOf(cause);
    throw new PermanentError('BadMessage', `Bad ${kind} message: the body is not JSON (${reason}).`, { cause });
  }
  throw new PermanentError('BadMessage', `Bad ${kind} message: the body must be a JSON object.`);
}

function describe(issue: z.core.$ZodIssue): string {
  const where = cutTo(issue.path.join('.'), MAX_NAME_BYTES);
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => JSON.stringify(cutTo(key, MAX_NAME_BYTES)));
    return `${where ? `${where}: ` : ''}unknown ${keys.length === 1 ? 'key' : 'keys'} ${listed(keys, MAX_PROBLEMS)}`;
  }
  return where ? `${where}: ${issue.message}` : issue.message;
}
