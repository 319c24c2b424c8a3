import { generationsOf, isApiPath, readResponse } from '../../../lib/evaluator-api/response.ts';
import { loads, PyJsonError } from '../../../lib/python/json.ts';
import { repr } from '../../../lib/python/repr.ts';
import { isDict, type PyValue } from '../../../lib/python/value.ts';
import { EQUAL, linesOf, same, textIn, type Verdict } from './lines.ts';

/** `models.jsonl`: which bodies are accepted, what is wrong with the others, and the texts of those that are. */
export async function* models(path: string): AsyncGenerator<Verdict> {
  for await (const line of linesOf(path)) {
    const api = line.get('path');
    const label = textIn(line, 'label');
    const what = `model ${String(api)}: ${label}`;
    if (!isApiPath(api)) throw new Error(`unknown path ${String(api)}`);
    const accepted = line.get('accepted') === true;
    const read = readBody(api, textIn(line, 'body'));
    if ((read.response !== null) !== accepted) {
      const corrected =
        read.response !== null &&
        same(line.get('errors') ?? null, ['choices.0.message.tool_calls: list_type']) &&
        label.endsWith('tool_calls null');
      const why = read.response === null ? `refused (${read.problems.join(', ')})` : 'accepted';
      yield corrected
        ? { outcome: 'correction', what, why: 'tool_calls: null is accepted here' }
        : {
            outcome: 'different',
            what,
            why: `${why} instead of ${accepted ? 'accepted' : repr(line.get('errors') ?? null)}`,
          };
      continue;
    }
    if (read.response === null) {
      const expected = line.get('errors') ?? null;
      if (expected === null || same([...read.problems], expected)) yield EQUAL(what);
      else yield { outcome: 'different', what, why: `${read.problems.join(', ')} instead of ${repr(expected)}` };
      continue;
    }
    const expected = line.get('generations') ?? null;
    let actual: PyValue;
    try {
      actual = generationsOf(read.response);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      actual = new Map([['raises', 'IndexError']]);
    }
    const raisesThere = isDict(expected) && expected.has('raises');
    if (same(actual, expected) || (raisesThere && isDict(actual))) yield EQUAL(what);
    else yield { outcome: 'different', what, why: `texts ${repr(actual)} instead of ${repr(expected)}` };
  }
}

function readBody(path: Parameters<typeof readResponse>[0], body: string): ReturnType<typeof readResponse> {
  try {
    return readResponse(path, loads(body, { maxDepth: 900 }));
  } catch (error) {
    if (!(error instanceof PyJsonError)) throw error;
    return { response: null, problems: [error.message] };
  }
}
