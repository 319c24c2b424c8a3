import type * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';
import { loads } from '../python/json.ts';
import { isDict } from '../python/value.ts';

/**
 * Reads a message body by its schema.
 * @throws PermanentError BadMessage naming every key that is unknown, missing or wrong.
 */
export function parseMessage<Schema extends z.ZodType>(kind: string, schema: Schema, body: string): z.output<Schema> {
  const result = schema.safeParse(readJson(kind, body));
  if (result.success) return result.data;
  const problems = result.error.issues.map(describe);
  throw new PermanentError('BadMessage', `Bad ${kind} message: ${problems.join('; ')}.`);
}

function readJson(kind: string, body: string) {
  try {
    const value = loads(body);
    if (isDict(value)) return value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PermanentError('BadMessage', `Bad ${kind} message: the body is not JSON (${reason}).`, { cause });
  }
  throw new PermanentError('BadMessage', `Bad ${kind} message: the body must be a JSON object.`);
}

function describe(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return `${where ? `${where}: ` : ''}unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
  }
  return where ? `${where}: ${issue.message}` : issue.message;
}
