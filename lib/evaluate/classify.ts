import { type ApiPath, type EvaluatorResponse, readResponse } from '../evaluator-api/response.ts';
import { truthy } from '../python/compare.ts';
import { loads, PyJsonError } from '../python/json.ts';
import { intFromText } from '../python/number.ts';
import type { PyValue } from '../python/value.ts';
import { BrokenText } from './read-bson.ts';

/** Status codes of samples (RESPONSE-1): of these the Manager counts 0, and holds 2 and 12 against the supplier. */
export const STATUS = {
  ok: 0,
  /** Nothing came back; no one's fault that could be named. */
  noResponse: 1,
  /** The body is no JSON. */
  badJson: 2,
  /** Our side can't score this answer, where the harness fails too. */
  unscored: 11,
  /** The body is no answer of its path, or one without anything to score. */
  badResponse: 12,
} as const;

/** Why a response can't be scored. */
export interface Failed {
  readonly code: number;
  readonly error: string;
}

/** What a stored response is: an answer with the milliseconds that it took, or why it is none. */
export type Classified =
  | { readonly answer: EvaluatorResponse; readonly ms: number; readonly failed: null }
  | { readonly answer: null; readonly failed: Failed };

/** Python gives up on deeper JSON (its limit of 1000 calls, less those under way). */
const MAX_DEPTH = 950;
/** What the Python evaluator writes where its model refuses a body, word for word: others may look for it. */
export const BAD_MODEL = "Bad JSON <class 'pydantic._internal._model_construction.ModelMetaclass'> format";
/** The same, for a body that is no JSON; the body follows. */
const BAD_JSON = 'Bad JSON data format (response): ';

/** Reads a document of `responses` in the order of the Python evaluator (RESPONSE-1, RESPONSE-2). */
export function classify(response: ReadonlyMap<string, PyValue>, path: ApiPath): Classified {
  if (!truthy(response.get('ok') ?? null)) {
    return failed(numberIn(response, 'error_code') ?? STATUS.noResponse, textIn(response, 'error') ?? 'no response');
  }
  const body = response.get('response');
  if (body instanceof BrokenText) return failed(STATUS.badJson, BAD_JSON + body.str);
  if (typeof body !== 'string') return failed(STATUS.noResponse, 'The response document has no body.');
  const ms = millis(response.get('ms'));
  let parsed: PyValue;
  try {
    parsed = loads(body, { maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof PyJsonError)) throw error;
    return failed(STATUS.badJson, BAD_JSON + body);
  }
  if (ms === null) return failed(STATUS.badJson, BAD_JSON + body);
  const read = readResponse(path, parsed);
  if (read.response === null) return failed(STATUS.badResponse, BAD_MODEL);
  return { answer: read.response, ms, failed: null };
}

/** What makes a body no answer of its path, in words for a reader: `created: missing`. None where it is one, or no JSON. */
export function whyNoAnswer(path: ApiPath, body: string): readonly string[] {
  try {
    return readResponse(path, loads(body, { maxDepth: MAX_DEPTH })).problems ?? [];
  } catch (error) {
    if (!(error instanceof PyJsonError)) throw error;
    return [];
  }
}

/** The block height of the session in which a response was asked for; null where it is not told. */
export function sessionHeightOf(response: ReadonlyMap<string, PyValue>): bigint | null {
  const height = response.get('session_height');
  return typeof height === 'bigint' ? height : null;
}

function failed(code: number, error: string): Classified {
  return { answer: null, failed: { code, error } };
}

/** Python's `int(ms)`; null where it raises. */
function millis(value: PyValue | undefined): number | null {
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : null;
  if (typeof value !== 'string') return null;
  try {
    return Number(intFromText(value));
  } catch {
    return null;
  }
}

function numberIn(response: ReadonlyMap<string, PyValue>, field: string): number | null {
  const value = response.get(field);
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : null;
}

function textIn(response: ReadonlyMap<string, PyValue>, field: string): string | null {
  const value = response.get(field);
  if (value instanceof BrokenText) return value.str;
  return typeof value === 'string' ? value : null;
}
