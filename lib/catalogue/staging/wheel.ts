import { buffer } from 'node:stream/consumers';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { PermanentError } from '../../errors/errors.ts';
import { whyNoFile } from '../../errors/file-reason.ts';
import type { TaskFiles } from '../definitions/definition.ts';

/** The task definitions of a harness wheel. */
export interface Wheel {
  /** The harness's version, from the wheel's own metadata. */
  readonly version: string;
  /** The files below the harness's folder of tasks. */
  readonly files: TaskFiles;
  /** Python modules, and data files beside them, as texts by their path in the wheel. */
  readonly modules: ReadonlyMap<string, string>;
}

const TASKS_FOLDER = 'lm_eval/tasks/';
const MODULE = /^lm_eval\/.*\.(py|json)$/;
/** Larger files are nothing that a module reads. Bytes. */
const MAX_MODULE_SIZE = 300_000;
const METADATA = /^lm_eval-([^/-]+)\.dist-info\/METADATA$/;
/** Larger files are no task definitions. Bytes. */
const MAX_FILE_SIZE = 8_000_000;

/**
 * Reads the task folder of an lm-eval wheel (a zip) into memory. Nothing of it is run.
 * @throws PermanentError Configuration where the file is missing, damaged, or no wheel of lm-eval.
 */
export async function readWheel(path: string): Promise<Wheel> {
  const files = new Map<string, Uint8Array>();
  const modules = new Map<string, string>();
  let version: string | undefined;
  try {
    const zip = await openPromise(path);
    for await (const entry of zip.eachEntry()) {
      version ??= METADATA.exec(entry.fileName)?.[1];
      const isModule = MODULE.test(entry.fileName) && entry.uncompressedSize <= MAX_MODULE_SIZE;
      const inTasks = entry.fileName.startsWith(TASKS_FOLDER) && !entry.fileName.endsWith('/');
      const isTaskFile = inTasks && entry.uncompressedSize <= MAX_FILE_SIZE;
      if (!isModule && !isTaskFile) continue;
      const bytes = await read(zip, entry);
      if (isModule) modules.set(entry.fileName, bytes.toString());
      if (isTaskFile) files.set(entry.fileName.slice(TASKS_FOLDER.length), bytes);
    }
  } catch (error) {
    const reason = whyNoFile(error);
    throw new PermanentError('Configuration', `${path} can't be read as a wheel: ${reason}`, { cause: error });
  }
  if (version === undefined || files.size === 0) {
    throw new PermanentError(
      'Configuration',
      `${path} is no wheel of lm-eval. Get it with: pip download --no-deps lm-eval==0.4.9`,
    );
  }
  return { version, files, modules };
}

async function read(zip: ZipFile, entry: Entry): Promise<Buffer> {
  return buffer(await zip.openReadStreamPromise(entry));
}
