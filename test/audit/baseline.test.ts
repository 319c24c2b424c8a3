import { describe, expect, it } from 'vitest';
import { newSince, readBaseline } from '../../lib/audit/baseline.ts';
import { Findings } from '../../lib/audit/finding.ts';
import { errorOf } from '../helpers/error-of.ts';

function found(...counts: readonly number[]) {
  const findings = new Findings('own', 'own', '/v1/completions');
  for (const [at, count] of counts.entries()) {
    findings.add({ kind: 'same-prompt', subject: `question ${at}`, docIds: [at], count, message: 'x' });
  }
  return findings.all();
}

describe('a baseline', () => {
  it('hides what it has, and neither what is new nor what concerns more documents', () => {
    const before = readBaseline('known.json', JSON.stringify(found(2, 2)));
    expect(newSince(before, found(2, 3, 1)).map(({ doc_ids }) => doc_ids)).toEqual([[1], [2]]);
  });

  it('is read as well where an editor put a mark of the byte order in front or there are further fields', () => {
    const text = JSON.stringify(found(2).map((finding) => ({ ...finding, since: 1 })));
    expect(newSince(readBaseline('known.json', `\ufeff${text}\r\n`), found(2))).toEqual([]);
  });

  it.each(['', '[{"key":"a"', '{}', '[1]', '[{"key":"a"}]', '[{"key":"a","count":"2"}]', 'null'])(
    'that is none (%j) is refused with the command that makes one',
    (text) => {
      expect(errorOf(() => readBaseline('known.json', text)).message).toMatch(
        /^known\.json is no list of findings\. Make one with: npx sampler audit /,
      );
    },
  );
});
