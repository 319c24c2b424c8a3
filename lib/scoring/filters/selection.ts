import { hashKey } from '../../python/dict.ts';
import { PyIndexError, PyTypeError } from '../../python/exceptions.ts';
import { type PyValue, typeName } from '../../python/value.ts';
import { type FilterMaker, itemsOf } from './filter.ts';

/** `take_first` (lm_eval/filters/selection.py): the first response, no longer in a list. */
export const takeFirst: FilterMaker = (kwargs) => {
  kwargs.end();
  return (responses) => {
    const first = itemsOf(responses)[0];
    if (first === undefined) throw new PyIndexError('list index out of range');
    return first;
  };
};

/** `take_first_k`: the first k responses. @throws PyIndexError where there are fewer, as the harness asserts */
export const takeFirstK: FilterMaker = (kwargs) => {
  const k = kwargs.take('k');
  kwargs.end();
  if (typeof k !== 'bigint')
    throw new PyTypeError(`k must be an int, not ${k === undefined ? 'missing' : typeName(k)}`);
  return (responses) => {
    const items = itemsOf(responses);
    if (items.length < Number(k)) {
      throw new PyIndexError(`${items.length} responses for this document, where the first ${k} are to be taken`);
    }
    const taken = items.slice(0, Number(k));
    return typeof responses === 'string' ? taken.join('') : taken;
  };
};

/** `majority_vote`: a list of the most frequent response alone; of equally frequent ones the first seen. */
export const majorityVote: FilterMaker = (kwargs) => {
  kwargs.end();
  return (responses) => {
    const counts = new Map<string, { readonly vote: PyValue; count: number }>();
    for (const vote of itemsOf(responses)) {
      const key = hashKey(vote);
      const known = counts.get(key);
      if (known) known.count++;
      else counts.set(key, { vote, count: 1 });
    }
    let winner: { readonly vote: PyValue; readonly count: number } | null = null;
    for (const candidate of counts.values()) {
      if (winner === null || candidate.count > winner.count) winner = candidate;
    }
    if (winner === null) throw new PyIndexError('list index out of range');
    return [winner.vote];
  };
};
