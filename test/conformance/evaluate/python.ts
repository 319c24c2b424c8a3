import type { Catalogue } from '../../../lib/catalogue/catalogue.ts';
import type { FunctionRef } from '../../../lib/catalogue/function-ref.ts';
import { PyError } from '../../../lib/python/exceptions.ts';
import { repr } from '../../../lib/python/repr.ts';
import type { PyDict, PyValue } from '../../../lib/python/value.ts';
import { openSandbox, type SandboxTransport } from '../../../lib/sandbox/client.ts';
import { sourcesOf } from '../../../lib/sandbox/sources.ts';
import { MATHEMATICS } from '../../../lib/sandbox/wheels.ts';
import { openFunctions, type ScoringFunctions } from '../../../lib/scoring/functions.ts';
import { EQUAL, linesOf, same, type Verdict } from './lines.ts';

/** Gives the functions of a task that its scoring needs. */
export type OpenFunctions = (task: string, refs: readonly FunctionRef[]) => Promise<ScoringFunctions>;

/** As the function `evaluate` opens them, with modules of the catalogue. */
export function opener(catalogue: Catalogue, transport: SandboxTransport): OpenFunctions {
  return async (task, refs) => openFunctions(task, refs, { transport, sources: await catalogue.sources() });
}

const UTILS = 'lm_eval/tasks/leaderboard/math/utils.py';
const OURS = 'compared.py';
/** How lines of `verify` were made: gold is read as LaTeX alone. */
const COMPARED = [
  'from math_verify import LatexExtractionConfig, parse, verify',
  'def verified(gold, answer):',
  '    golds, answers = parse(gold, extraction_config=[LatexExtractionConfig()]), parse(answer)',
  '    return [list(map(str, golds)), list(map(str, answers)), verify(golds, answers)]',
].join('\n');

/** `units__math.jsonl`: single functions of the harness's module for mathematics, and of math_verify. */
export async function* mathematics(
  path: string,
  catalogue: Catalogue,
  transport: SandboxTransport,
): AsyncGenerator<Verdict> {
  const files = new Map([...sourcesOf([UTILS], await catalogue.sources()), [OURS, COMPARED]]);
  const session = openSandbox(transport, { task: 'mathematics', files, wheels: MATHEMATICS, documentMs: 60_000 });
  const call: Call = async (name, args, module = UTILS) => {
    const [result] = await session.call([{ function: { path: module, name }, args }]);
    if (result && 'value' in result) return result.value;
    throw new PyError(`${result?.error}: ${result?.message}`);
  };
  for await (const line of linesOf(path)) {
    const what = repr(line).slice(0, 160);
    const [expected, actual] = await compared(line, call);
    yield same(actual, expected) ? EQUAL(what) : { outcome: 'different', what, why: repr(actual) };
  }
  session.close();
}

type Call = (name: string, args: PyValue[], module?: string) => Promise<PyValue>;

async function compared(line: PyDict, call: Call): Promise<readonly [expected: PyValue, actual: PyValue]> {
  const get = (name: string): PyValue => line.get(name) ?? null;
  switch (line.get('kind')) {
    case 'boxed': {
      const boxed = await call('last_boxed_only_string', [get('in')]);
      return [
        [get('last_boxed_only_string'), get('remove_boxed')],
        [boxed, await call('remove_boxed', [boxed])],
      ];
    }
    case 'normalize':
      return [get('out'), await call('normalize_final_answer', [get('in')])];
    case 'unnormalized':
      return [get('out'), await call('get_unnormalized_answer', [get('in')])];
    case 'is_equiv':
      return [get('out'), await call('is_equiv', [get('a'), get('b')])];
    case 'verify':
      return [
        [get('parsed_gold'), get('parsed_candidate'), get('out')],
        await call('verified', [get('gold'), get('candidate')], OURS),
      ];
    default:
      throw new Error(`unknown kind ${repr(get('kind'))}`);
  }
}
