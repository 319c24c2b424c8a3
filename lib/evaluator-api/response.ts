import { pydanticInt } from '../python/pydantic.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { chatCompletionProblems, completionProblems } from './completion.ts';

/** The paths whose answers can be scored. */
export const PATHS = ['/v1/completions', '/v1/chat/completions'] as const;
/** One of them. */
export type ApiPath = (typeof PATHS)[number];

/** Whether answers of that path can be scored. */
export function isApiPath(path: unknown): path is ApiPath {
  return PATHS.some((known) => known === path);
}

/** An answer that its path's model accepts. */
export interface EvaluatorResponse {
  readonly path: ApiPath;
  readonly choices: readonly PyDict[];
  readonly body: PyDict;
}

/** What a body is by its path's model: an answer, or what is wrong with it. */
export type ReadResponse =
  | { readonly response: EvaluatorResponse; readonly problems: null }
  | { readonly response: null; readonly problems: readonly string[] };

/** Reads a body, already parsed as Python reads JSON, by the model of its path (RESPONSE-3). */
export function readResponse(path: ApiPath, body: PyValue): ReadResponse {
  const problems = path === '/v1/completions' ? completionProblems(body) : chatCompletionProblems(body);
  const choices = isDict(body) ? body.get('choices') : undefined;
  if (problems.length > 0 || !isDict(body) || !Array.isArray(choices)) return { response: null, problems };
  return { response: { path, choices: choices.filter(isDict), body }, problems: null };
}

/**
 * The texts of an answer, each in the place that its choice's `index` names; null where a chat message has no content or no
 * choice names the place (`parse_generations`, RESPONSE-9). A negative index counts from the end.
 * @throws RangeError where an index names no place (Python: IndexError)
 */
export function generationsOf({ path, choices }: EvaluatorResponse): (string | null)[] {
  const slots: (string | null)[] = choices.map(() => null);
  for (const choice of choices) {
    const index = Number(pydanticInt(choice.get('index') ?? null) ?? Number.NaN);
    const slot = index < 0 ? index + slots.length : index;
    if (!(slot in slots)) throw new RangeError(`choice index ${index} of ${slots.length} choices`);
    slots[slot] = contentOf(path, choice);
  }
  return slots;
}

function contentOf(path: ApiPath, choice: PyDict): string | null {
  const holder = path === '/v1/completions' ? choice : choice.get('message');
  const content = isDict(holder) ? holder.get(path === '/v1/completions' ? 'text' : 'content') : null;
  return typeof content === 'string' ? content : null;
}

/**
 * The text that counts: of the choice in the first place. Nothing is stripped or cut, and reasoning is left where it is
 * (EVALUATION-10).
 * @throws ResponseError where there is none; the Python evaluator then loses the whole task
 */
export function generationOf(response: EvaluatorResponse): string {
  let slots: (string | null)[];
  try {
    slots = generationsOf(response);
  } catch (error) {
    throw new ResponseError(`The response has no text: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const first = slots[0];
  if (typeof first === 'string') return first;
  const why = slots.length === 0 ? 'it has no choices' : 'its first choice has no content';
  throw new ResponseError(`The response has no text: ${why}.`);
}

/** A response of the right form that holds nothing to score; the message says what is missing. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
}
