import { expect, it } from 'vitest';
import { countFailures } from '../../lib/operator/failures.ts';
import type { DocumentView } from '../../lib/operator/results.ts';

function document(doc_id: number, status_code: number, error_str: string): DocumentView {
  return { doc_id, score: 0, run_time: 0, status_code, error_str, gold: null, filters: [] };
}

async function* parts(...documents: readonly DocumentView[]) {
  for (const one of documents) yield [one];
}

it('counts failures by code and first line, the most frequent first, and leaves out what did not fail', async () => {
  const found = await countFailures(
    parts(
      document(1, 0, ''),
      document(2, 2, 'bad\nmore'),
      document(3, 5, 'late'),
      document(4, 2, 'bad'),
      document(5, 3, 'bad'),
    ),
  );
  expect(found).toEqual([
    { code: 2, why: 'bad', documents: 2 },
    { code: 5, why: 'late', documents: 1 },
    { code: 3, why: 'bad', documents: 1 },
  ]);
});

it('tells a hundred reasons apart, counts the others together, and cuts long ones without halving a character', async () => {
  const many = Array.from({ length: 150 }, (_, i) => document(i, 2, `error ${i}`));
  const found = await countFailures(parts(...many, document(150, 2, 'error 0'), document(151, 2, 'error 149')));
  expect(found).toHaveLength(101);
  expect(found.slice(0, 2)).toEqual([
    { code: null, why: 'other errors', documents: 51 },
    { code: 2, why: 'error 0', documents: 2 },
  ]);
  const [long] = await countFailures(parts(document(1, 2, `${'x'.repeat(159)}😀${'y'.repeat(1_000_000)}`)));
  expect(long?.why.length).toBeLessThan(200);
  expect(long?.why.isWellFormed()).toBe(true);
});
