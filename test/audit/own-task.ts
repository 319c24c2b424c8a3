import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { readLocalInclude } from '../../lib/catalogue/staging/local-include.ts';
import { requireSupported } from '../../lib/catalogue/support.ts';
import { SUPPORTED_HOOKS } from '../../lib/hooks/registry.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { FolderSource } from '../../lib/preview/folder-source.ts';
import type { PreviewServices } from '../../lib/preview/preview.ts';

/** A row of a made-up data set: texts and ints. */
export type Row = Readonly<Record<string, string | number>>;

/** A task of a definition and rows of our own, ready to be rendered without any stack. */
export async function ownTask(yaml: string, rows: readonly Row[], train: readonly Row[] = rows) {
  const dir = mkdtempSync(join(tmpdir(), 'sampler-audit-'));
  const put = (path: string, content: string | Uint8Array) => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), content);
  };
  put('tasks/own.yaml', `task: own\ndataset_path: own/data\ntest_split: test\n${yaml}`);
  put('data/own/data/default/test/0000.parquet', parquet(rows));
  put('data/own/data/default/train/0000.parquet', parquet(train));
  const { root } = await readLocalInclude('own', join(dir, 'tasks'));
  const entry = root.tasks.get('own');
  if (entry === undefined) throw new Error('the definition is none');
  const catalogue: Catalogue = {
    source: 'test',
    index: root.index,
    find: async (name) => root.tasks.get(name) ?? null,
    requireSupported: (task) => requireSupported(task, SUPPORTED_HOOKS),
    sources: async () => new Map(),
  };
  const services: PreviewServices = { catalogue, source: new FolderSource(join(dir, 'data')) };
  return { services, entry };
}

/** A message that asks the task about all its documents. */
export function everything(path: string, more: Readonly<Record<string, unknown>> = {}) {
  const body = {
    framework: 'lmeh',
    tasks: 'own',
    requester_args: { address: 'a', service: 's', path },
    qty: -1,
    ...more,
  };
  return parseMessage('sample', sampleMessage, JSON.stringify(body));
}

function parquet(rows: readonly Row[]): Uint8Array {
  const names = Object.keys(rows[0] ?? { question: '' });
  const columnData = names.map((name) => {
    const data = rows.map((row) => row[name] ?? null);
    return { name, data, type: typeof data[0] === 'number' ? ('INT32' as const) : ('STRING' as const) };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
