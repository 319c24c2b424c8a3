import { PyError } from '../../../lib/python/exceptions.ts';
import { repr } from '../../../lib/python/repr.ts';
import { type Doc, isDict, type PyDict, type PyValue } from '../../../lib/python/value.ts';
import { FilterKwargs } from '../../../lib/scoring/filters/filter.ts';
import { ANSWER_FILTERS } from '../../../lib/scoring/filters/registry.ts';
import { exactMatch } from '../../../lib/scoring/metrics/exact-match.ts';
import { finish } from '../../../lib/scoring/python-call.ts';
import { createScorer } from '../../../lib/scoring/scorer.ts';
import { dictIn, EQUAL, linesOf, listIn, same, textIn, type Verdict } from './lines.ts';

/** `units__filters_metrics.jsonl`: a filter on one instance's responses, or exact_match on lists. */
export async function* units(path: string): AsyncGenerator<Verdict> {
  for await (const line of linesOf(path)) {
    const what = `${line.get('filter') ?? line.get('kind')} ${repr(line.get('kwargs') ?? null)} ${repr(line.get('responses') ?? line.get('predictions') ?? null)}`;
    yield compare(what, line.get('out') ?? null, () => runUnit(line));
  }
}

/** `units__gold.jsonl`: a made-up task that generates text, one response. */
export async function* gold(path: string): AsyncGenerator<Verdict> {
  for await (const line of linesOf(path)) {
    const what = `gold: ${textIn(line, 'label')}: ${repr(line.get('response') ?? null)}`;
    yield compare(what, line.get('metrics') ?? null, () => {
      const rows = listIn(line, 'rows').map(docOf);
      const config = new Map<PyValue, PyValue>([
        ['task', 'made_up'],
        ['dataset_path', 'made_up'],
        ['test_split', 'test'],
        ['output_type', 'generate_until'],
        ['doc_to_text', '{{q}}'],
        ...dictIn(line, 'config'),
      ]);
      const entry = { name: 'made_up', yaml: '', config, problem: null };
      const scorer = finish(createScorer(entry, rows[0] ?? new Map()));
      const doc = rows[Number(line.get('row'))] ?? new Map();
      const { metrics } = finish(scorer.score({ doc, generations: [textIn(line, 'response')], likelihoods: [] }));
      return new Map(metrics.get('none') ?? []);
    });
  }
}

/** A value that equals what is expected, or an error where one is expected; which words it has is no contract. */
export function compare(what: string, expected: PyValue, run: () => PyValue): Verdict {
  const raises = isDict(expected) ? expected.get('raises') : undefined;
  let actual: PyValue;
  try {
    actual = run();
  } catch (error) {
    if (!(error instanceof PyError)) throw error;
    if (raises !== undefined) return EQUAL(what);
    return { outcome: 'different', what, why: `raises ${error.name}: ${error.message} instead of ${repr(expected)}` };
  }
  if (raises !== undefined)
    return { outcome: 'different', what, why: `gives ${repr(actual)} where Python raises ${raises}` };
  if (same(actual, expected)) return EQUAL(what);
  return { outcome: 'different', what, why: `${repr(actual)} instead of ${repr(expected)}` };
}

function runUnit(line: PyDict): PyValue {
  const kwargs = [...dictIn(line, 'kwargs')].map(([key, value]): [string, PyValue] => [String(key), value]);
  if (line.get('kind') === 'exact_match') {
    return exactMatch(listIn(line, 'predictions'), listIn(line, 'references'), new Map(kwargs));
  }
  const make = ANSWER_FILTERS.get(textIn(line, 'filter'));
  if (!make) throw new Error(`there is no filter ${repr(line.get('filter') ?? null)}`);
  const doc = line.get('doc') ?? null;
  return make(new FilterKwargs(kwargs))(listIn(line, 'responses'), doc === null ? new Map() : docOf(doc));
}

/** A document of a line. */
export function docOf(value: PyValue): Doc {
  if (!isDict(value)) throw new Error('a document is no object');
  return new Map([...value].map(([key, item]) => [String(key), item]));
}
