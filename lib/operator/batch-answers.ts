import * as z from 'zod';
import { messageOf, PermanentError } from '../errors/errors.ts';
import { dumps, loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';

/** An answer with its error: MongoDB takes documents of 16 MiB. */
const MAX_ANSWER_BYTES = 15 << 20;

/** The Requester's codes: answered, not sent, the supplier's fault, the request's fault. */
const CODES = { ok: 0, relay: 1, supplier: 2, badParams: 4 } as const;

/** One answer, as the Requester would have received it. */
export interface BatchAnswer {
  /** `_id` of the prompt. */
  readonly id: string;
  readonly ok: boolean;
  readonly errorCode: number;
  /** The body. */
  readonly response: string;
  readonly error: string;
}

const id = z.string().regex(/^[0-9a-f]{24}$/);

/**
 * Reads a line of a batch's output or error file (`custom_id`, `response: {status_code, body}`, `error`), or a plain one
 * (`custom_id` and the body under `response`, as an object or as text).
 * @throws PermanentError BadMessage naming file and line
 */
export function readAnswer(file: string, number: number, line: string): BatchAnswer {
  let value: PyValue;
  try {
    value = loads(line);
  } catch (error) {
    throw badLine(file, number, `it is no JSON (${messageOf(error)})`);
  }
  if (!isDict(value)) throw badLine(file, number, 'it is no object');
  const customId = id.safeParse(value.get('custom_id'));
  if (!customId.success) throw badLine(file, number, 'its custom_id is none that export wrote');
  if (!value.has('response') && !value.has('error')) {
    const asked = value.has('body') ? '; it is one of the requests that export wrote' : '';
    throw badLine(file, number, `it has neither response nor error${asked}`);
  }
  const answer = answerOf(file, number, customId.data, value);
  const bytes = Buffer.byteLength(answer.response) + Buffer.byteLength(answer.error);
  if (bytes <= MAX_ANSWER_BYTES) return answer;
  throw badLine(file, number, `its answer has ${bytes} bytes, and MongoDB takes ${MAX_ANSWER_BYTES}`);
}

function answerOf(file: string, number: number, prompt: string, value: PyDict): BatchAnswer {
  const response = value.get('response') ?? null;
  if (response === null) return failed(prompt, value.get('error') ?? null);
  if (typeof response === 'string') return answered(prompt, 200, response);
  if (!isDict(response)) throw badLine(file, number, 'its response is neither an object nor text');
  if (!response.has('status_code')) return answered(prompt, 200, bodyText(response));
  const status = statusOf(response.get('status_code') ?? null);
  if (status === null) throw badLine(file, number, 'its status_code is no status of HTTP');
  return answered(prompt, status, bodyText(response.get('body') ?? ''));
}

/** As a number or a text of digits; 0 is what was never sent. */
function statusOf(value: PyValue): number | null {
  const text = typeof value === 'bigint' || typeof value === 'string' ? String(value) : '';
  return /^(0|[1-5]\d\d)$/.test(text) ? Number(text) : null;
}

/** As the Requester has it: an HTTP error counts as answered, with its body as the error. */
function answered(promptId: string, status: number, response: string): BatchAnswer {
  if (status >= 200 && status < 300) {
    const error = status === 200 ? '' : 'non 200 success';
    return { id: promptId, ok: true, errorCode: CODES.ok, response, error };
  }
  const errorCode = status >= 400 && status < 500 ? CODES.badParams : CODES.supplier;
  return { id: promptId, ok: true, errorCode, response, error: response };
}

/** Expired, cancelled, never sent. */
function failed(promptId: string, error: PyValue): BatchAnswer {
  const told = isDict(error) ? [error.get('code'), error.get('message')].filter((part) => part != null).join(': ') : '';
  return { id: promptId, ok: false, errorCode: CODES.relay, response: '', error: told || 'the batch has no answer' };
}

function bodyText(body: PyDict | PyValue): string {
  return typeof body === 'string' ? body : dumps(body, { ensureAscii: false, separators: [',', ':'] });
}

function badLine(file: string, number: number, why: string): PermanentError {
  return new PermanentError('BadMessage', `${file}, line ${number}: ${why}. Nothing was written.`);
}
