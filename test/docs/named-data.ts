import type { SmallHub } from '../hub/small-hub.ts';
import { parquetOf } from '../service/parquet.ts';

/** The data sets that the pages name, with rows of our own. */
export function fillHub(hub: SmallHub): void {
  const sums = (count: number) =>
    new Uint8Array(
      parquetOf(
        Array.from({ length: count }, (_, i) => ({
          question: `A box holds ${i} pens and gets ${i} more. How many are in it?`,
          answer: `There are ${2 * i}.\n#### ${2 * i}`,
        })),
      ),
    );
  const choices = (count: number) =>
    new Uint8Array(
      parquetOf(
        Array.from({ length: count }, (_, i) => ({
          question: `Which number comes after ${i}?`,
          subject: 'high_school_macroeconomics',
          choices: [i, i + 1, i + 2, i + 3].map(String),
          answer: 1,
        })),
      ),
    );
  const repo = (config: string, files: Record<string, Uint8Array>, more: readonly string[] = []) => {
    const data_files = Object.keys(files).map((path) => ({ split: path.split('/')[0] ?? '', path }));
    const commit = { files, card: { configs: [{ config_name: config, data_files }] } };
    return { revisions: Object.fromEntries(['main', ...more].map((revision) => [revision, commit])) };
  };
  hub.repos['gsm8k'] = repo('main', { 'train/0.parquet': sums(7473), 'test/0.parquet': sums(60) }, [
    'e53f048856ff4f594e959d75785d2c2d37b678ee',
  ]);
  // The twin that generates text has another data set.
  for (const name of ['cais/mmlu', 'hails/mmlu_no_train']) {
    hub.repos[name] = repo('high_school_macroeconomics', {
      'test/0.parquet': choices(40),
      'validation/0.parquet': choices(5),
      'dev/0.parquet': choices(5),
    });
  }
  hub.repos['Rowan/hellaswag'] = repo('default', {
    'train/0.parquet': sums(3),
    'validation/0.parquet': sums(3),
  });
}
