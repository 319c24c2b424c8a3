import { readdir } from 'node:fs/promises';
import { Bucket } from '../../lib/bucket/bucket.ts';
import type { ObjectSource } from '../../lib/bucket/object-source.ts';
import { whyNoFile } from '../../lib/errors/file-reason.ts';
import { FolderSource } from '../../lib/preview/folder-source.ts';
import { UsageError } from './exit.ts';
import { withSession } from './session.ts';
import { stackAdvice } from './stack-choice.ts';

/** Does `work` with the staged data sets: those of the folder, where one is named, else the bucket's. */
export async function withSource<T>(from: string | undefined, work: (source: ObjectSource) => Promise<T>): Promise<T> {
  if (from !== undefined) {
    await readdir(from).catch((error: unknown) => {
      throw new UsageError(`--from ${from} can't be read as a folder of data sets: ${whyNoFile(error)}.`);
    });
    return work(new FolderSource(from));
  }
  if (!process.env['DATASETS_BUCKET']) {
    throw new UsageError(
      `There is no bucket to read data sets from: name a folder with --from DIR.${stackAdvice('unset')}`,
    );
  }
  return withSession(['datasetsBucket'], ({ config, clients }) =>
    work(new Bucket(clients.s3(), config.datasetsBucket)),
  );
}
