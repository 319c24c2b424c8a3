import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { resolveTasks } from '../../lib/catalogue/resolve.ts';
import { wheelCatalogue } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { FolderSource } from '../../lib/preview/folder-source.ts';
import { previewTask } from '../../lib/preview/preview.ts';
import { dumps } from '../../lib/python/json.ts';
import { isDict, type PyValue } from '../../lib/python/value.ts';
import { WHEEL } from '../bin/cli.ts';
import { goldenAvailable, goldenCases, goldenDocuments, loglikelihoodGoldens, SHARED } from '../conformance/golden.ts';

const cases = goldenCases();
const scored = loglikelihoodGoldens();

describe.skipIf(!goldenAvailable)('prompts rendered without a database (skipped where ../shared is missing)', () => {
  let catalogue: Catalogue;
  const source = new FolderSource(join(SHARED, 'data', 'datasets'));
  beforeAll(async () => {
    catalogue = await wheelCatalogue(WHEEL);
  });

  async function preview(message: PyValue) {
    const parsed = parseMessage('sample', sampleMessage, dumps(message));
    const entries = await resolveTasks(catalogue, parsed.tasks);
    const [first] = await Promise.all(
      entries.map((entry) => previewTask({ catalogue, source }, parsed, entry, parsed.seed ?? 0n)),
    );
    return first;
  }

  it.each(cases.map((golden) => [golden.name, golden] as const))(
    '%s: data is the expected one, byte for byte',
    async (name, { params }) => {
      const shown = await preview(params);
      const expected = goldenDocuments(name).lines.map(({ docId, prompts }) => [docId, dataOf(prompts)]);
      expect(shown?.instances.map(({ docId, data }) => [docId, data])).toEqual(expected);
    },
  );

  it.each(scored.map((golden) => [golden.name, golden] as const))(
    '%s: contexts and continuations are the expected ones',
    async (_, { header, lines }) => {
      const ask = (ids: readonly number[]) =>
        preview(
          new Map<PyValue, PyValue>([
            ['framework', 'lmeh'],
            ['tasks', header.task],
            ['num_fewshot', BigInt(header.num_fewshot)],
            [
              'requester_args',
              new Map<PyValue, PyValue>([
                ['address', 'a'],
                ['service', 's'],
                ['path', '/v1/completions'],
              ]),
            ],
            ...(ids.length > 0 ? ([['doc_ids', ids.map(BigInt)]] as const) : ([['qty', -1n]] as const)),
          ]),
        );
      const first = (await ask([]))?.table.splits.get(header.eval_split)?.min ?? 0;
      const shown = await ask(header.doc_ids.map((index) => first + index));
      expect(shown?.instances.map((instance) => instance.arguments)).toEqual(lines.flatMap(({ pairs }) => pairs));
    },
  );
});

function dataOf(prompts: PyValue): PyValue {
  const [prompt] = Array.isArray(prompts) ? prompts : [];
  return isDict(prompt) ? (prompt.get('data') ?? null) : null;
}
