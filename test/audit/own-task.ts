import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { readLocalInclude } from '../../lib/catalogue/staging/local-include.ts';
import { withRoot } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import { requireSupported } from '../../lib/catalogue/support.ts';
import { SUPPORTED_HOOKS } from '../../lib/hooks/registry.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { FolderSource } from '../../lib/preview/folder-source.ts';
import type { PreviewServices } from '../../lib/preview/preview.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { parquetOf, type Row } from '../service/parquet.ts';

export type { Row } from '../service/parquet.ts';

/** What a task has besides its definition and rows. */
export interface OwnTaskOptions {
  readonly train?: readonly Row[] | undefined;
  /** Python files beside the definition, by name; they are run in these boxes. */
  readonly modules?: Readonly<Record<string, string>> | undefined;
  readonly sandbox?: SandboxTransport | undefined;
}

const NO_TASKS: Catalogue = {
  source: 'test',
  index: new Map(),
  find: async () => null,
  requireSupported: (task) => requireSupported(task, SUPPORTED_HOOKS),
  sources: async () => new Map(),
};

/** A task of a definition and rows of our own, ready to be rendered without any stack. */
export async function ownTask(yaml: string, rows: readonly Row[], options: OwnTaskOptions = {}) {
  const { train = rows, modules = {}, sandbox } = options;
  const dir = mkdtempSync(join(tmpdir(), 'sampler-audit-'));
  const put = (path: string, content: string | Uint8Array) => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), content);
  };
  put('tasks/own.yaml', `task: own\ndataset_path: own/data\ntest_split: test\n${yaml}`);
  for (const [name, text] of Object.entries(modules)) put(`tasks/${name}`, text);
  put('data/own/data/default/test/0000.parquet', parquetOf(rows));
  put('data/own/data/default/train/0000.parquet', parquetOf(train));
  const { root, files } = await readLocalInclude('own', join(dir, 'tasks'));
  const entry = root.tasks.get('own');
  if (entry === undefined) throw new Error('the definition is none');
  const services: PreviewServices = {
    catalogue: withRoot(NO_TASKS, 'own', root, files),
    source: new FolderSource(join(dir, 'data')),
    sandbox: sandbox && (async () => sandbox),
  };
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
